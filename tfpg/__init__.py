"""tfpg: the policy-gradient lecture of CS285, running in TensorFlow 2.

The names below come in the order in which the lecture introduces them. TensorFlow is imported when
the first of them that needs it is used.
"""

import sys

# `python -m tfpg` puts the current folder first on the path: a random.py there would be imported.
if (
    sys.argv[:1] == ["-m"]
    and sys.orig_argv[-len(sys.argv)] in ("tfpg", "-mtfpg")
    and not sys.flags.safe_path
):
    del sys.path[0]

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "trajectories": ["Trajectory", "concatenate", "column"],
        "policies": ["CategoricalPolicy", "GaussianPolicy", "policy_for", "load_policy"],
        "rollout": ["sample_trajectories", "evaluate"],
        "returns": ["total_reward", "reward_to_go", "generalized_advantages", "normalize"],
        "estimators": ["total_reward_estimator", "reward_to_go_estimator"],
        "pseudo_loss": [
            "maximum_likelihood",
            "policy_gradient",
            "distribution_maximum_likelihood",
            "distribution_policy_gradient",
            "policy_gradient_step",
        ],
        "per_sample": ["naive_policy_gradient"],
        "baselines": [
            "with_baseline",
            "average_baseline",
            "leave_one_out_baseline",
            "optimal_baseline",
            "optimal_baseline_estimator",
        ],
        "value_function": ["ValueFunction", "value_baseline", "generalized_advantage_estimator"],
        "off_policy": [
            "trajectory_weights",
            "action_weights",
            "per_decision_values",
            "off_policy_estimator",
            "self_normalized_estimator",
        ],
        "natural_gradient": [
            "fisher_vector_product",
            "natural_policy_gradient_step",
            "trust_region_step",
        ],
        "training": ["Iteration", "train"],
        "slides.comparison": ["compare"],
        "checks.checking": ["check"],
        "errors": ["BadInput"],
    },
)
