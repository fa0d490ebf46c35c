package dev.currywurst.train.stage;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.random.Part;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Steps that change everything or nothing: losses and gradients of all parts come first, and only
 * if each of them is finite are the weights updated. Otherwise running statistics, which change
 * with every look at a batch, are put back too.
 */
final class GradientStep implements AutoCloseable {
  private final List<Learner> learners;
  private final RunningStatistics statistics;
  private final int batchSize;
  private final int parts;

  /** What a part teaches. */
  interface Lesson {
    /**
     * The loss of a part, whose gradients are wanted.
     *
     * @param figures what else to tell about the part, by name
     * @return a scalar; the named "loss" in {@code figures} stands for it where it is there
     */
    Tensor loss(Part part, Map<String, Double> figures);

    /** Adds the gradients of a loss, or of a multiple of it, to those of the step. */
    default void backward(Tensor loss) {
      loss.backward();
    }
  }

  /**
   * Steps of some learners together.
   *
   * @param learners of which the first one's gradient is told
   * @param buffers running statistics that the losses change
   * @param batchSize samples of a part
   * @param parts of a step
   */
  GradientStep(List<Learner> learners, Map<String, Tensor> buffers, int batchSize, int parts) {
    this.learners = List.copyOf(learners);
    this.statistics = new RunningStatistics(buffers);
    this.batchSize = batchSize;
    this.parts = parts;
  }

  /**
   * Learns a step's lesson, or nothing if a loss or gradient is not finite.
   *
   * @throws CurrywurstException if a part cannot be had, such as a picture that was deleted; then
   *     too nothing has changed
   */
  Stage.Learned learn(long step, double learningRate, Lesson lesson) {
    statistics.remember();
    learners.forEach(Learner::begin);
    Map<String, Double> losses = new LinkedHashMap<>();
    boolean finite = true;
    for (int k = 0; k < parts && finite; k++) {
      Map<String, Double> figures = differentiateOrPutBack(part(step, k), lesson);
      figures.forEach((name, value) -> losses.merge(name, value / parts, Double::sum));
      finite = figures.values().stream().allMatch(Double::isFinite);
    }
    double[] norms = learners.stream().mapToDouble(Learner::gradientNorm).toArray();
    for (double norm : norms) {
      finite &= Double.isFinite(norm);
    }
    if (!finite) {
      statistics.putBack();
      learners.forEach(Learner::skip);
      return new Stage.Learned(losses, Double.NaN);
    }
    for (int i = 0; i < norms.length; i++) {
      learners.get(i).update(learningRate, step, norms[i]);
    }
    return new Stage.Learned(losses, norms[0]);
  }

  private Part part(long step, int k) {
    return new Part(step, (long) k * batchSize, batchSize);
  }

  private Map<String, Double> differentiateOrPutBack(Part part, Lesson lesson) {
    try {
      return differentiate(part, lesson);
    } catch (CurrywurstException e) {
      statistics.putBack();
      throw e;
    }
  }

  private Map<String, Double> differentiate(Part part, Lesson lesson) {
    try (Scope scope = Scope.open()) {
      Map<String, Double> figures = new LinkedHashMap<>();
      Tensor loss = lesson.loss(part, figures);
      figures.putIfAbsent("loss", loss.item());
      lesson.backward(parts == 1 ? loss : loss.times(1.0 / parts));
      return figures;
    }
  }

  @Override
  public void close() {
    statistics.close();
    learners.forEach(Learner::close);
  }
}
