"""A sealed column read and written as plain text through its row's `key`."""


class Sealed:
    """`statement = Sealed("sealed_statement")`: the column holds a token bound to model, row and column.

    The row needs a `key` (DataKey, or None while nothing was sealed), and a primary key before it is written to.
    """

    def __init__(self, column: str):
        self.column = column

    def place(self, row) -> str:
        return f"{row._meta.label_lower}:{row.pk}:{self.column}"

    def __get__(self, row, owner=None):
        if row is None:
            return self
        token = getattr(row, self.column)
        return row.key.unseal(token, bound_to=self.place(row)) if token else ""

    def __set__(self, row, text: str) -> None:
        setattr(row, self.column, row.key.seal(text, bound_to=self.place(row)) if text else "")

    def reseal(self, row) -> None:
        """The same text in the suite of the settings."""
        self.__set__(row, self.__get__(row))
