"""What training tools print, a few lines of each in the tool's own form, with the values that a person reads there.

`epochs` counts the evaluations, `first` and `last` hold values of the first and last (a name that begins with `~` is
looked for in the names of the extra metrics), `steps` is how many steps there are at least.
"""

from tests.importers.printed import (  # noqa: F401
    around,
    dotted,
    frameworks,
    images,
    language,
    languages,
    notebooks,
    pasted,
    scripts,
    speech,
    totals,
)
from tests.importers.printed.kept import PRINTED

__all__ = ["PRINTED"]
