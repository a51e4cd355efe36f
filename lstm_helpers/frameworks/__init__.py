"""Exercises whose answers are models and training steps: the course's own, and what probes them.

`torch_models` the course's answers in PyTorch, and the small model that a training step is tried
on · `torch_parts` classifiers put together from parts, one of which may be wrong ·
`torch_classifier` what is measured of a classifier of sequences · `torch_steps` what is measured of
a function of tensors and of an epoch of training · `torch_state` PyTorch's settings meanwhile ·
`keras_models` models from descriptions of their layers · `keras_weights` layers read from the
shapes of weights · `keras_probe` what is measured of a function that builds a model.

Each module loads its framework when it is imported; importing this package loads none.
"""
