"""Reading the TOML files that people write to configure HILT."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hilt.core.exceptions import ConfigurationError

__all__ = ["read_toml"]


def read_toml(path: Path, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """The content of a TOML file.

    Args:
        path: The file.
        parse_float: Makes a number from its text.

    Raises:
        ConfigurationError: If it cannot be read or is not TOML; the message names it.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ImportError as error:
            raise ConfigurationError(
                f"{path}: to read TOML with Python 3.10: pip install tomli"
            ) from error
    try:
        # Some Windows editors put a byte order mark before the text.
        text = path.read_bytes().decode("utf-8-sig")
        return dict(tomllib.loads(text, parse_float=parse_float))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8, as TOML is; save it as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: not TOML: {error}") from error
