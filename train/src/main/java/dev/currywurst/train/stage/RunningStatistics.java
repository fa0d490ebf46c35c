package dev.currywurst.train.stage;

import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The running statistics of batch norms and the like, and how they were before a step. */
final class RunningStatistics implements AutoCloseable {
  private final List<Tensor> live;
  private final List<Tensor> before = new ArrayList<>();

  RunningStatistics(Map<String, Tensor> buffers) {
    this.live = List.copyOf(buffers.values());
    try (Scope scope = Scope.open()) {
      live.forEach(buffer -> before.add(buffer.copy().own()));
    }
  }

  /** Remembers them as they are. */
  void remember() {
    copy(live, before);
  }

  /** Makes them what they were when they were last remembered. */
  void putBack() {
    copy(before, live);
  }

  private static void copy(List<Tensor> from, List<Tensor> to) {
    Grad.off(
        () -> {
          for (int i = 0; i < from.size(); i++) {
            to.get(i).copyInPlace(from.get(i));
          }
        });
  }

  @Override
  public void close() {
    before.forEach(Tensor::close);
  }
}
