"""The demonstration: the district of the seed report, entered through the same actions the pages use."""
