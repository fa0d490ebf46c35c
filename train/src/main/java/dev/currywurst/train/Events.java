package dev.currywurst.train;

import com.fasterxml.jackson.databind.JsonNode;
import dev.currywurst.train.events.EventFile;
import dev.currywurst.train.report.History;
import dev.currywurst.train.report.Pace;
import dev.currywurst.train.stage.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a run tells TensorBoard, under the names that its page groups curves by. */
final class Events implements AutoCloseable {
  private final EventFile file;

  private Events(EventFile file) {
    this.file = file;
  }

  /** Begins a file for a run that has done {@code step} steps. */
  static Events begin(Path folder, long step, JsonNode settings) throws IOException {
    // A run that begins tells of step 0 too; one that goes on has told of its checkpoint's step.
    EventFile file = EventFile.begin(folder, step == 0 ? 0 : step + 1);
    if (step == 0) {
      StringBuilder table = new StringBuilder("|setting|value|\n|-|-|\n");
      RunDescription.leaves(settings)
          .forEach((name, value) -> table.append("|%s|%s|\n".formatted(name, value)));
      file.text(0, "settings", table.toString());
    }
    return new Events(file);
  }

  void learned(long step, Stage.Learned learned, double rate, History history, Pace pace)
      throws IOException {
    Map<String, Double> figures = new LinkedHashMap<>();
    if (learned.isFinite()) {
      learned.losses().forEach((name, value) -> figures.put("train/" + name, value));
      figures.put("train/loss_smoothed", history.smoothed());
      figures.put("train/gradient_norm", learned.gradientNorm());
    } else {
      figures.put("train/skipped_steps", (double) history.skipped().size());
    }
    figures.put("train/learning_rate", rate);
    if (pace.stepsPerSecond() > 0) {
      figures.put("speed/steps_per_second", pace.stepsPerSecond());
    }
    file.scalars(step, figures);
  }

  void evaluated(long step, Map<String, Double> figures) throws IOException {
    Map<String, Double> named = new LinkedHashMap<>();
    figures.forEach((name, value) -> named.put("held_out/" + name, value));
    file.scalars(step, named);
  }

  void sampled(long step, List<Stage.Sample> samples) throws IOException {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (Stage.Sample sample : samples) {
      int count = counts.merge(sample.weights(), 1, Integer::sum);
      file.image(step, "samples_%s/%02d".formatted(sample.weights(), count), sample.image());
    }
  }

  void force() throws IOException {
    file.force();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
