"""Gradients derived by hand, in torch without autograd."""

from seqcourse.gradients.clipping import clip_grad_norm_, clip_grad_value_, total_norm
from seqcourse.gradients.initial import (
    identity_,
    initialise_recurrent_,
    orthogonal_,
    rescale_,
)
from seqcourse.gradients.jacobians import Profile, jacobian_profile, products, step_jacobians
from seqcourse.gradients.layers import LinearGradients, cross_entropy_backward, linear_backward
from seqcourse.gradients.rnn import (
    Gradients,
    RecurGradients,
    bptt,
    credit,
    recur,
    recur_backward,
    rnn_forward,
)
from seqcourse.gradients.truncated import Window, truncated_bptt, truncated_states, windows

__all__ = [
    "Gradients",
    "LinearGradients",
    "Profile",
    "RecurGradients",
    "Window",
    "bptt",
    "clip_grad_norm_",
    "clip_grad_value_",
    "credit",
    "cross_entropy_backward",
    "identity_",
    "initialise_recurrent_",
    "jacobian_profile",
    "linear_backward",
    "orthogonal_",
    "products",
    "recur",
    "recur_backward",
    "rescale_",
    "rnn_forward",
    "step_jacobians",
    "total_norm",
    "truncated_bptt",
    "truncated_states",
    "windows",
]
