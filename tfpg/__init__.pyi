"""The public names, in the order in which the lecture introduces them; imported when first used."""

__version__: str

from .rollout.trajectories import (
    Trajectory as Trajectory,
    concatenate as concatenate,
    column as column,
    split as split,
)
from .policies import (
    CategoricalPolicy as CategoricalPolicy,
    MultiCategoricalPolicy as MultiCategoricalPolicy,
    GaussianPolicy as GaussianPolicy,
    policy_for as policy_for,
)
from .saved_policies import load_policy as load_policy
from .rollout.sampling import sample_trajectories as sample_trajectories, evaluate as evaluate
from .rollout.elsewhere import workers_for as workers_for
from .estimate.returns import (
    total_reward as total_reward,
    reward_to_go as reward_to_go,
    generalized_advantages as generalized_advantages,
    normalize as normalize,
)
from .estimate.estimators import (
    total_reward_estimator as total_reward_estimator,
    reward_to_go_estimator as reward_to_go_estimator,
)
from .step.pseudo_loss import (
    maximum_likelihood as maximum_likelihood,
    policy_gradient as policy_gradient,
    distribution_maximum_likelihood as distribution_maximum_likelihood,
    distribution_policy_gradient as distribution_policy_gradient,
    policy_gradient_step as policy_gradient_step,
)
from .step.scores import (
    naive_policy_gradient as naive_policy_gradient,
    log_likelihoods as log_likelihoods,
    flat_scores as flat_scores,
)
from .estimate.baselines import (
    with_baseline as with_baseline,
    average_baseline as average_baseline,
    leave_one_out_baseline as leave_one_out_baseline,
    optimal_baseline as optimal_baseline,
    optimal_baseline_estimator as optimal_baseline_estimator,
)
from .estimate.value_function import (
    ValueFunction as ValueFunction,
    value_function_for as value_function_for,
    value_baseline as value_baseline,
    generalized_advantage_estimator as generalized_advantage_estimator,
)
from .estimate.off_policy import (
    log_ratios as log_ratios,
    trajectory_weights as trajectory_weights,
    action_weights as action_weights,
    per_decision_values as per_decision_values,
    off_policy_estimator as off_policy_estimator,
    self_normalized_estimator as self_normalized_estimator,
)
from .step.natural_gradient import (
    fisher_vector_product as fisher_vector_product,
    natural_policy_gradient_step as natural_policy_gradient_step,
    trust_region_step as trust_region_step,
)
from .training import Iteration as Iteration, train as train
from .runs.settings import Settings as Settings
from .runs.from_python import run as run
from .slides.compare.comparison import compare as compare
from .slides.compare.checking import check as check
from .base.tensorflow import import_tensorflow as import_tensorflow
from .base.errors import BadInput as BadInput
