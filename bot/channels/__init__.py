"""One file a channel; no channel knows another. `render` is the only place that composes sentences."""
