"""What the double has instead of PyTorch's tensors."""

from collections import UserDict
from types import SimpleNamespace


class Tensor:
    """Rows of numbers, or rows of such rows."""

    device = SimpleNamespace(type="cpu")

    def __init__(self, values):
        self.values = values

    @property
    def shape(self):
        """The numbers of rows, of rows in a row, and so on."""
        shape, values = [], self.values
        while isinstance(values, list):
            shape.append(len(values))
            values = values[0] if values else None
        return tuple(shape)

    def __getitem__(self, index):
        value = self.values[index]
        return Tensor(value) if isinstance(value, list) else value

    def unsqueeze(self, _):
        """The same in one more row."""
        return Tensor([self.values])

    def sum(self, _):
        """The sum of each row."""
        return Tensor([sum(row) for row in self.values])

    def numpy(self):
        """The same."""
        return self

    def tolist(self):
        """As lists."""
        return self.values


class BatchEncoding(UserDict):
    """What a tokenizer returns."""
