"""Gradients derived by hand, in torch without autograd."""

from typing import TYPE_CHECKING

from seqcourse.lazy import lazy

if TYPE_CHECKING:
    from seqcourse.gradients.attention import attention_query_jacobian, weighted_covariance
    from seqcourse.gradients.clipping import clip_grad_norm_, clip_grad_value_, total_norm
    from seqcourse.gradients.ctc import (
        CTCStates,
        Lattice,
        ctc_backward,
        ctc_forward,
        ctc_lattice,
        ctc_posteriors,
        extended_labels,
        may_skip,
    )
    from seqcourse.gradients.forward import ForwardGradients, forward_mode
    from seqcourse.gradients.gated_jacobians import forget_products, gru_jacobians, lstm_jacobians
    from seqcourse.gradients.gru import (
        GRUGradients,
        GRURecurGradients,
        GRUStates,
        gru_backward,
        gru_forward,
        gru_recur,
        gru_recur_backward,
    )
    from seqcourse.gradients.initial import (
        identity_,
        initialise_recurrent_,
        orthogonal_,
        rescale_,
    )
    from seqcourse.gradients.jacobians import Profile, jacobian_profile, products, step_jacobians
    from seqcourse.gradients.layer_norm import (
        LayerNormGradients,
        LayerNormStates,
        layer_norm_backward,
        layer_norm_forward,
    )
    from seqcourse.gradients.layers import LinearGradients, cross_entropy_backward, linear_backward
    from seqcourse.gradients.lstm import (
        LSTMGradients,
        LSTMRecurGradients,
        LSTMStates,
        lstm_backward,
        lstm_forward,
        lstm_recur,
        lstm_recur_backward,
    )
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

lazy(
    __name__,
    attention="attention_query_jacobian weighted_covariance",
    clipping="clip_grad_norm_ clip_grad_value_ total_norm",
    ctc="CTCStates Lattice ctc_backward ctc_forward ctc_lattice ctc_posteriors extended_labels "
    "may_skip",
    forward="ForwardGradients forward_mode",
    gated_jacobians="forget_products gru_jacobians lstm_jacobians",
    gru="GRUGradients GRURecurGradients GRUStates gru_backward gru_forward gru_recur "
    "gru_recur_backward",
    initial="identity_ initialise_recurrent_ orthogonal_ rescale_",
    jacobians="Profile jacobian_profile products step_jacobians",
    layers="LinearGradients cross_entropy_backward linear_backward",
    layer_norm="LayerNormGradients LayerNormStates layer_norm_backward layer_norm_forward",
    lstm="LSTMGradients LSTMRecurGradients LSTMStates lstm_backward lstm_forward lstm_recur "
    "lstm_recur_backward",
    rnn="Gradients RecurGradients bptt credit recur recur_backward rnn_forward",
    truncated="Window truncated_bptt truncated_states windows",
)
