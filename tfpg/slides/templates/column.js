"use strict";
// The step of p. 30 for a linear softmax policy, as it is and as typed literally.

function softmax(logits) {
  const largest = Math.max(...logits);
  const exponentials = logits.map((one) => Math.exp(one - largest));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((one) => one / sum);
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

function probabilities(weights, states) {
  return states.map((state) =>
    softmax(weights[0].map((_, a) => state.reduce((sum, x, d) => sum + x * weights[d][a], 0))));
}

// d loss / d weights = mean over samples of column * state (softmax - action)^T
function gradient(batch, column) {
  const policy = probabilities(batch.weights, batch.states);
  return batch.weights.map((row, d) => row.map((_, a) =>
    mean(batch.states.map((state, i) => column[i] * state[d] * (policy[i][a] - batch.actions[i][a])))));
}

// The product (N*T, N*T) has the mean mean(q_values) * mean(negative_likelihoods).
function literalGradient(batch, column) {
  const weight = mean(column);
  return gradient(batch, column.map(() => weight));
}

function step(batch, slope) {
  return batch.weights.map((row, d) => row.map((w, a) => w - batch.learning_rate * slope[d][a]));
}

function cosine(one, other) {
  const dot = (a, b) => a.flat().reduce((sum, x, i) => sum + x * b.flat()[i], 0);
  const lengths = Math.sqrt(dot(one, one) * dot(other, other));
  return lengths > 1e-12 ? dot(one, other) / lengths : NaN;
}

function normalized(column) {
  const centre = mean(column);
  const spread = Math.sqrt(mean(column.map((q) => (q - centre) ** 2)));
  return column.map((q) => (spread > 1e-12 ? (q - centre) / spread : 0));
}

// All that follows from the column.
function consequences(batch, column) {
  const right = gradient(batch, column);
  const literal = literalGradient(batch, column);
  return {
    right,
    literal,
    mean: mean(column),
    cosine: cosine(right, literal),
    before: probabilities(batch.weights, batch.states),
    after: probabilities(step(batch, right), batch.states),
    afterLiteral: probabilities(step(batch, literal), batch.states),
  };
}
