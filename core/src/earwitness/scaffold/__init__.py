"""What a new provider begins with: a complete distribution that passes its own tests before the first edit.

The templates are package data. A line `#: if NAME ...` begins a part that is written only for these choices (all of
them), `#: else` its opposite, `#: end` ends it; `$name` and the like are filled in as `string.Template` does.
"""

from .naming import Naming
from .writing import SHAPES, Shape, create

__all__ = ["SHAPES", "Naming", "Shape", "create"]
