"""Checks an action's answer with a schema compiled once, where Rasa 3.6 compiles it anew at every call.

Rasa calls `jsonschema.validate`, which first checks the schema itself against the meta-schema: half the CPU of a turn
that runs an action. The schema is a constant of the release, so the same validator, built once, says the same. This is
the one file of ours inside Rasa's process; config.yml loads it as a component that leaves every message as it is.
"""

from __future__ import annotations

import os
from typing import Any, Dict, List

from jsonschema import validators
from jsonschema.exceptions import best_match
from rasa.core.actions.action import RemoteAction
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


def install() -> None:
    """Replace Rasa's check by an equal one that is compiled now and kept."""
    schema = RemoteAction.action_response_format_spec()
    kind = validators.validator_for(schema)
    kind.check_schema(schema)
    compiled = kind(schema)

    def check(_action: RemoteAction, result: Dict[str, Any]) -> bool:
        error = best_match(compiled.iter_errors(result))
        if error is not None:
            raise error
        return True

    RemoteAction._validate_action_result = check  # noqa: SLF001 (Rasa offers no hook)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class ResponseCheck(GraphComponent):
    """Carries `install` into the server: Rasa loads the components that config.yml names, and nothing else of ours."""

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ResponseCheck:
        """Build the component when the model loads. The arguments are Rasa's protocol."""
        del config, model_storage, resource, execution_context
        # The benchmark runs a second server without it, to know what it is worth.
        if os.environ.get("STOCK_RESPONSE_CHECK") != "1":
            install()
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Leave messages alone."""
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave training data alone."""
        return training_data
