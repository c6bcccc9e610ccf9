"""A policy from its file: the network alone, in Keras' safe mode, and why it cannot be had."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras

from tfpg.base.errors import BadInput, one_sentence
from tfpg.networks import has_second_output
from tfpg.policies import CategoricalPolicy, GaussianPolicy, MultiCategoricalPolicy, NetworkPolicy


def load_policy(path: str | Path) -> NetworkPolicy:
    """Load a policy from the `.keras` file of its network, in Keras' safe mode.

    Raises BadInput if the file is missing or is not a network that can be loaded safely.
    """
    # Keras' older formats know no safe mode
    if not isinstance(path, str | Path) or Path(path).suffix != ".keras":
        raise BadInput(f"expected a .keras file, got {path}")
    path = Path(path)
    if not path.exists():
        raise BadInput(f"{path} does not exist: there is no policy to load")
    try:
        network = keras.models.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, OSError) as error:
        reason = _obstacle(path) or one_sentence(error)
        raise BadInput(f"{path} contains no policy that can be loaded: {reason}") from error
    kinds = (
        kind
        for kind in (GaussianPolicy, MultiCategoricalPolicy)
        if has_second_output(network, kind.second_output)
    )
    return next(kinds, CategoricalPolicy)(network)


def _obstacle(path: Path) -> str | None:
    """What keeps Keras from loading a file, where a person can do something about it."""
    if path.is_file() and not zipfile.is_zipfile(path):
        return "Keras did not write it"
    with suppress(OSError, KeyError, ValueError, zipfile.BadZipFile):
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
        for part in _parts(config):
            name, module = part["class_name"], part["module"]
            if name == "__lambda__":
                return (
                    "its Lambda layer holds code, which is not run from a file: write a layer class "
                    "with @keras.saving.register_keras_serializable() in its place"
                )
            if keras.saving.get_registered_object(part["registered_name"]) is None:
                return (
                    f"Keras does not know its class {name} of the module {module}: decorate that with "
                    f"@keras.saving.register_keras_serializable(), and import {module} first (on the "
                    f"command line: --allow-module {module})"
                )
    return None


def _parts(config: Any) -> Iterator[dict[str, Any]]:
    """What a network's configuration says of code that is not Keras' own."""
    if isinstance(config, dict):
        if config.get("class_name") == "__lambda__":
            yield {"module": None, "registered_name": None} | config
        elif isinstance(config.get("registered_name"), str) and "module" in config:
            yield config
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            yield from _parts(part)
