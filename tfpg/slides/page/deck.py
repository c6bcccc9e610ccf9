"""The side-by-side page: every slide with code or a claim, and the errata.

What is said of them is in tfpg/texts/*/slides.toml and errata.toml; `tfpg lab errata` checks each of
the errata with numbers.
"""

from tfpg.base.texts import Texts
from tfpg.slides.page.words import Slide

ERRATA = Texts("errata")
DECK = (
    Slide(
        5,
        "5-7",
        latex=(
            r"\nabla_\theta J(\theta) = \mathbb{E}_{\tau \thicksim "
            r"p_\theta(\tau)}\left[\left(\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, "
            r"\pi_\theta(a_t \mid s_t)\right)\left(\sum\limits_{t=1}^{T} r(s_t, a_t)\right)\right]",
            r"\nabla_\theta J(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
            r"\left(\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, \pi_\theta(a_{i,t} \mid "
            r"s_{i,t})\right)\left(\sum\limits_{t=1}^{T} r(s_{i,t}, a_{i,t})\right)",
        ),
        functions=(
            "estimate.returns.total_reward",
            "estimate.estimators.total_reward_estimator",
            "exact.exact_gradient",
        ),
        proof="tests/test_claims.py::test_sampled_rewards_have_no_gradient_and_their_scores_have_it",
    ),
    Slide(
        9,
        "9-10",
        latex=(
            r"\nabla_\theta J_{\mathrm{ML}}(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
            r"\left(\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, \pi_\theta(a_{i,t} \mid "
            r"s_{i,t})\right)",
            r"\nabla_\theta J(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
            r"\left(\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, \pi_\theta(a_{i,t} \mid "
            r"s_{i,t})\right)\left(\sum\limits_{t=1}^{T} r(s_{i,t}, a_{i,t})\right)",
        ),
        functions=("step.pseudo_loss.policy_gradient_step", "step.scores.log_likelihoods"),
        proof="tests/step/test_pseudo_loss.py::test_a_step_ascends_the_likelihood_of_good_actions_and_descends_that_of_bad_ones",
    ),
    Slide(
        11,
        "11",
        latex=(
            r"\log \, \pi_\theta(a_t \mid s_t) = -\frac{1}{2} \left\lVert f(s_t) - a_t "
            r"\right\rVert_\Sigma^2 + \text{const}",
            r"\nabla_\theta \, \log \, \pi_\theta(a_t \mid s_t) = \Sigma^{-1} \left(a_t - "
            r"f(s_t)\right) \frac{df}{d\theta}",
        ),
        functions=(
            "step.pseudo_loss.distribution_policy_gradient",
            "step.pseudo_loss.policy_gradient_for",
        ),
        lab="errata",
        proof="tests/step/test_pseudo_loss.py::test_a_gaussian_of_unit_variance_is_squared_error",
        errata=("E1",),
    ),
    Slide(
        13,
        "13",
        latex=(
            r"\nabla_\theta J(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
            r"\left(\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, \pi_\theta(a_{i,t} \mid "
            r"o_{i,t})\right)\left(\sum\limits_{t=1}^{T} r(s_{i,t}, a_{i,t})\right)",
        ),
        functions=("exact.aliased", "exact.moments"),
        proof="tests/test_exact.py::test_total_reward_and_reward_to_go_are_unbiased",
    ),
    Slide(
        14,
        "14",
        latex=(
            r"\mathbb{E}_{\tau \thicksim p_\theta(\tau)}\left[\nabla_\theta \, \log \, "
            r"p_\theta(\tau) \left(r(\tau) + c\right)\right] = \mathbb{E}_{\tau \thicksim "
            r"p_\theta(\tau)}\left[\nabla_\theta \, \log \, p_\theta(\tau)\, r(\tau)\right]",
        ),
        functions=("exact.moments", "exact.per_trajectory"),
        lab="shift",
        proof="tests/test_claims.py::test_a_constant_on_every_trajectory_changes_the_variance_and_not_the_expectation",
    ),
    Slide(
        17,
        "17",
        latex=(
            r"\nabla_\theta J(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
            r"\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, \pi_\theta(a_{i,t} \mid s_{i,t})\, "
            r"\hat{Q}_{i,t}",
            r"\hat{Q}_{i,t} = \sum\limits_{t′=t}^{T} r(s_{i,t′}, a_{i,t′})",
        ),
        functions=("estimate.returns.reward_to_go", "estimate.estimators.reward_to_go_estimator"),
        lab="errata",
        proof="tests/test_exact.py::test_total_reward_and_reward_to_go_are_unbiased",
        errata=("E4",),
    ),
    Slide(
        18,
        "18",
        latex=(
            r"\nabla_\theta J(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} \nabla_\theta \, "
            r"\log \, p_\theta(\tau_i) \left(r(\tau_i) - b\right), \quad b = \frac{1}{N} "
            r"\sum\limits_{i=1}^{N} r(\tau_i)",
            r"\mathbb{E}_{\tau \thicksim p_\theta(\tau)}\left[\nabla_\theta \, \log \, "
            r"p_\theta(\tau)\, b\right] = b\, \nabla_\theta 1 = 0",
        ),
        functions=(
            "estimate.baselines.average_baseline",
            "estimate.baselines.leave_one_out_baseline",
            "estimate.baselines.with_baseline",
        ),
        lab="baseline",
        proof="tests/test_exact.py::test_the_average_baseline_shrinks_the_gradient_by_one_nth",
        errata=("E5",),
    ),
    Slide(
        19,
        "19",
        latex=(
            r"b = \frac{\mathbb{E}\left[g(\tau)^2\, "
            r"r(\tau)\right]}{\mathbb{E}\left[g(\tau)^2\right]}, \quad g(\tau) = \nabla_\theta \, "
            r"\log \, p_\theta(\tau)",
        ),
        functions=("estimate.baselines.optimal_baseline",),
        lab="baseline",
        proof="tests/test_exact.py::test_the_optimal_baselines_have_the_least_variance",
    ),
    Slide(
        22,
        "22",
        latex=(
            r"\nabla_\theta J(\theta) = \mathbb{E}_{\tau \thicksim "
            r"p_\theta(\tau)}\left[\nabla_\theta \, \log \, p_\theta(\tau)\, r(\tau)\right]",
        ),
        functions=("training.train", "rollout.sampling.sample_trajectories"),
        proof="tests/test_claims.py::test_a_stale_batch_has_another_gradient_unless_it_is_weighted",
    ),
    Slide(
        23,
        "23-24",
        latex=(
            r"\mathbb{E}_{x \thicksim p(x)}\left[f(x)\right] = \mathbb{E}_{x \thicksim "
            r"q(x)}\left[\frac{p(x)}{q(x)} f(x)\right]",
            r"\frac{p_{\theta′}(\tau)}{p_\theta(\tau)} = \prod\limits_{t=1}^{T} "
            r"\frac{\pi_{\theta′}(a_t \mid s_t)}{\pi_\theta(a_t \mid s_t)}",
        ),
        functions=(
            "estimate.off_policy.trajectory_weights",
            "estimate.off_policy.trajectory_values",
            "estimate.off_policy.log_ratios",
        ),
        lab="importance",
        proof="tests/estimate/test_off_policy.py::test_both_products_are_unbiased",
    ),
    Slide(
        25,
        "25",
        latex=(
            r"\nabla_{\theta′} J(\theta′) = \mathbb{E}_{\tau \thicksim "
            r"p_\theta(\tau)}\left[\sum\limits_{t=1}^{T} \nabla_{\theta′} \, \log \, "
            r"\pi_{\theta′}(a_t \mid s_t) \left(\prod\limits_{t′=1}^{t} "
            r"\rho_{t′}\right)\left(\sum\limits_{t′=t}^{T} r(s_{t′}, a_{t′}) "
            r"\prod\limits_{t″=t+1}^{t′} \rho_{t″}\right)\right]",
            r"\rho_t = \frac{\pi_{\theta′}(a_t \mid s_t)}{\pi_\theta(a_t \mid s_t)}",
        ),
        functions=(
            "estimate.off_policy.per_decision_values",
            "estimate.off_policy.off_policy_estimator",
        ),
        lab="errata",
        proof="tests/estimate/test_off_policy.py::test_the_first_order_form_and_the_slides_second_product_are_biased",
        errata=("E6",),
    ),
    Slide(
        26,
        "26",
        latex=(
            r"\nabla_{\theta′} J(\theta′) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
            r"\sum\limits_{t=1}^{T} \frac{\pi_{\theta′}(a_{i,t} \mid s_{i,t})}{\pi_\theta(a_{i,t} "
            r"\mid s_{i,t})} \nabla_{\theta′} \, \log \, \pi_{\theta′}(a_{i,t} \mid s_{i,t})\, "
            r"\hat{Q}_{i,t}",
        ),
        functions=("estimate.off_policy.first_order_values", "estimate.off_policy.action_weights"),
        lab="importance",
        proof="tests/estimate/test_off_policy.py::test_the_bias_of_the_first_order_form_vanishes_with_the_distance",
    ),
    Slide(
        28,
        "28",
        latex=(
            r"\nabla_\theta J(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
            r"\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, \pi_\theta(a_{i,t} \mid s_{i,t})\, "
            r"\hat{Q}_{i,t}",
            r"\tilde{J}(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} \sum\limits_{t=1}^{T} \log "
            r"\, \pi_\theta(a_{i,t} \mid s_{i,t})\, \hat{Q}_{i,t}",
        ),
        functions=(
            "step.scores.naive_policy_gradient",
            "step.scores.scores_by_loop",
            "step.pseudo_loss.policy_gradient_for",
        ),
        lab="cost",
        proof="tests/step/test_pseudo_loss.py::test_the_policy_gradient_is_the_mean_of_the_gradients_of_the_samples",
    ),
    Slide(
        29,
        "29",
        latex=(
            r"J_{\mathrm{ML}}(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
            r"\sum\limits_{t=1}^{T} \log \, \pi_\theta(a_{i,t} \mid s_{i,t})",
        ),
        functions=(
            "step.pseudo_loss.maximum_likelihood",
            "step.pseudo_loss.distribution_maximum_likelihood",
        ),
        proof="tests/slides/test_pseudocode.py::test_every_statement_is_the_slides_or_declared",
        errata=("E0b",),
    ),
    Slide(
        30,
        "30",
        latex=(
            r"\tilde{J}(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} \sum\limits_{t=1}^{T} \log "
            r"\, \pi_\theta(a_{i,t} \mid s_{i,t})\, \hat{Q}_{i,t}",
        ),
        functions=(
            "step.pseudo_loss.policy_gradient",
            "step.pseudo_loss.distribution_policy_gradient",
            "labs.broadcast.literal_policy_gradient",
        ),
        lab="broadcast",
        proof="tests/step/test_pseudo_loss.py::test_the_slide_typed_literally_trains_mean_q_times_maximum_likelihood",
        errata=("E0", "E0b", "E10"),
    ),
    Slide(
        31,
        "31",
        functions=("training.train", "exact.moments"),
        lab="variance",
        proof="tests/test_exact.py::test_the_variance_of_n_trajectories_is_an_nth",
    ),
    Slide(
        34,
        "34",
        latex=(
            r"r(s_t, a_t) = -s_t^2 - a_t^2",
            r"\pi_\theta(a_t \mid s_t) = \mathcal{N}(k s_t, \sigma^2), \quad \theta = (k, \sigma)",
        ),
        functions=("exact.exact_gradient", "step.natural_gradient.natural_direction"),
        lab="natural",
        proof="tests/test_claims.py::test_sigma_dominates_the_gradient_near_the_best_gain_and_not_far_from_it",
        errata=("E7",),
    ),
    Slide(
        35,
        "35",
        latex=(
            r"\theta \leftarrow \theta + \alpha F^{-1} \nabla_\theta J(\theta)",
            r"F = \mathbb{E}_{\pi_\theta}\left[\nabla_\theta \, \log \, \pi_\theta(a \mid s)\, "
            r"\nabla_\theta \, \log \, \pi_\theta(a \mid s)^\top\right]",
            r"D_{\mathrm{KL}}\left(\pi_{\theta′} \, \Vert \, \pi_\theta\right) \approx \frac{1}{2} "
            r"(\theta′ - \theta)^\top F\, (\theta′ - \theta)",
        ),
        functions=(
            "step.natural_gradient.fisher_vector_product",
            "step.natural_gradient.natural_direction",
        ),
        lab="natural",
        proof="tests/step/test_natural_gradient.py::test_the_natural_step_is_invariant_under_reparameterisation_and_the_plain_one_is_not",
        errata=("E2", "E3"),
    ),
    Slide(
        36,
        "36",
        latex=(
            r"\alpha = \sqrt{\frac{2 \epsilon}{\nabla_\theta J(\theta)^\top F^{-1} \nabla_\theta "
            r"J(\theta)}}",
        ),
        functions=(
            "step.natural_gradient.natural_policy_gradient_step",
            "step.natural_gradient.trust_region_step",
        ),
        lab="natural",
        proof="tests/step/test_natural_gradient.py::test_a_trust_region_step_improves_and_stays_within_the_divergence",
    ),
)
