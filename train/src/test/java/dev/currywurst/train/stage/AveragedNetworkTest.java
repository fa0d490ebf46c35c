package dev.currywurst.train.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.nn.BatchNorm2d;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.optim.AdamW;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.random.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A factor in front of a batch norm: what the norm sees changes with the factor. */
class AveragedNetworkTest {
  private static final int BATCH = 128;
  private static final float LIVE = 5;

  private Scope scope;
  private Parameters parameters;
  private Tensor factor;
  private BatchNorm2d norm;
  private final List<Part> looks = new ArrayList<>();

  @BeforeEach
  void open() {
    scope = Scope.open();
    parameters = Parameters.fresh(1);
    factor = Tensor.of(new float[] {2}, 1).own();
    norm = new BatchNorm2d(parameters, 1, 1e-5);
    parameters.buffers().get("running_mean").fillInPlace(LIVE);
  }

  @AfterEach
  void close() {
    factor.close();
    parameters.close();
    scope.close();
  }

  /** Numbers of mean 3 (times the factor) in even batches and 5 in odd ones, spread by 1. */
  private Tensor look(Part part, boolean training) {
    float[] values = new float[BATCH];
    for (int i = 0; i < BATCH; i++) {
      values[i] = (part.step() % 2 == 0 ? 3 : 5) + (i % 2 == 0 ? 1 : -1);
    }
    looks.add(part);
    return norm.apply(Tensor.of(values, BATCH, 1, 1, 1).times(factor), training);
  }

  private Learner learner(double decay) {
    Map<String, Tensor> trained = new LinkedHashMap<>(parameters.weights());
    trained.put("factor", factor);
    return new Learner(trained, new Learner.Settings(AdamW.Settings.DEFAULT, 1, decay));
  }

  private AveragedNetwork averaged(Learner learner) {
    return new AveragedNetwork(learner, parameters.buffers(), BATCH, part -> look(part, true));
  }

  @Test
  void seesWhatTheAveragedWeightsMake() {
    try (Learner learner = learner(0.9);
        AveragedNetwork averaged = averaged(learner)) {
      // The live factor moves away from the average, which still is 2.
      factor.detach().fillInPlace(7);
      averaged.show(
          () -> {
            assertThat(factor.item()).isEqualTo(2);
            assertThat(item("running_mean")).isCloseTo(2 * 4, within(1e-4));
            assertThat(item("running_var")).isCloseTo(4.0 * BATCH / (BATCH - 1), within(1e-3));
          });
      assertThat(looks).hasSize(4).startsWith(new Part(0, 0, BATCH), new Part(1, 0, BATCH));
      assertThat(factor.item()).isEqualTo(7);
      assertThat(item("running_mean")).isEqualTo(LIVE);
      assertThat(item("running_var")).isEqualTo(1);
    }
  }

  @Test
  void isTheLiveNetworkWhereNothingIsAveraged() {
    try (Learner learner = learner(0);
        AveragedNetwork averaged = averaged(learner)) {
      averaged.show(() -> assertThat(item("running_mean")).isEqualTo(LIVE));
      assertThat(looks).isEmpty();
    }
  }

  private double item(String buffer) {
    return parameters.buffers().get(buffer).item();
  }
}
