"""What takes trajectories or a policy says so where it gets something else."""

import numpy as np
import pytest

import tfpg
from tfpg.base.errors import BadInput


@pytest.mark.parametrize("function", [tfpg.concatenate, tfpg.average_baseline])
def test_what_is_no_list_of_trajectories_is_told_so(function):
    one = tfpg.Trajectory(np.ones((2, 3)), np.eye(2), np.ones(2), np.ones(2), np.ones(3), True)
    with pytest.raises(BadInput, match=r"\[trajectory\], not one by itself"):
        function(one)
    for other in (np.ones((2, 3)), 3, [np.ones(3)]):
        with pytest.raises(BadInput, match="give a list of trajectories"):
            function(other)


def test_what_is_no_policy_is_told_so():
    with pytest.raises(BadInput, match="a policy is a Keras model"):
        tfpg.policy_gradient(np.ones(3), np.ones((2, 3)), np.eye(2), np.ones((2, 1)))
