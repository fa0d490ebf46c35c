package dev.currywurst.train.stage;

import dev.currywurst.nn.BatchNorm2d;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.random.Part;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A network as it is judged and saved: with its averaged weights, and with batch norms that fit
 * them.
 *
 * <p>The running statistics of a training are those of the live weights. An average of them would
 * tell what the live weights saw on the way, not what the averaged weights see, and would be one
 * more thing for checkpoints to keep. So they are estimated anew, as for stochastic weight
 * averaging (Izmailov et al. 2018, section 3.2; {@code update_bn} in PyTorch): the mean over
 * batches of training pictures, the same ones at each time. Without an average the live statistics
 * stay.
 */
final class AveragedNetwork implements AutoCloseable {
  /** Pictures that statistics are estimated from, rounded up to whole batches. */
  private static final int ESTIMATED_FROM = 512;

  private final Learner learner;
  private final List<Tensor> statistics;
  private final RunningStatistics live;
  private final int batchSize;
  private final Consumer<Part> look;

  /**
   * A network in training.
   *
   * @param statistics the running means and variances of its batch norms, by name; none if it has
   *     no batch norms or they are not trained
   * @param batchSize samples that are normalised together
   * @param look sends a part's pictures through the network as training does
   */
  AveragedNetwork(
      Learner learner, Map<String, Tensor> statistics, int batchSize, Consumer<Part> look) {
    this.learner = learner;
    this.statistics = List.copyOf(statistics.values());
    this.live = new RunningStatistics(statistics);
    this.batchSize = batchSize;
    this.look = look;
  }

  /** Runs {@code body} with the averaged network, and puts the live one back afterwards. */
  void show(Runnable body) {
    if (!learner.averages() || statistics.isEmpty()) {
      learner.withAveragedWeights(body);
      return;
    }
    live.remember();
    try {
      learner.withAveragedWeights(
          () -> {
            Grad.off(this::estimate);
            body.run();
          });
    } finally {
      live.putBack();
    }
  }

  /**
   * A batch norm moves its statistics towards a batch's by {@link BatchNorm2d#MOMENTUM}. Begun at 0
   * for each batch, they are that part of the batch's own.
   */
  private void estimate() {
    int batches = (ESTIMATED_FROM + batchSize - 1) / batchSize;
    try (Scope scope = Scope.open()) {
      List<Tensor> sums =
          statistics.stream().map(own -> Tensor.zeros(DType.FLOAT32, own.shape())).toList();
      for (int k = 0; k < batches; k++) {
        statistics.forEach(own -> own.fillInPlace(0));
        try (Scope batch = Scope.open()) {
          look.accept(new Part(k, 0, batchSize));
        }
        for (int i = 0; i < sums.size(); i++) {
          sums.get(i).plusInPlace(statistics.get(i));
        }
      }
      for (int i = 0; i < sums.size(); i++) {
        statistics
            .get(i)
            .copyInPlace(sums.get(i).timesInPlace(1 / (BatchNorm2d.MOMENTUM * batches)));
      }
    }
  }

  @Override
  public void close() {
    live.close();
  }
}
