package dev.currywurst.train.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.currywurst.train.stage.Stage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a run has learned so far, as curves; a run that goes on reads it back from its log. */
public final class History {
  /** The names that a log's line may have beside its losses. */
  private static final Set<String> NO_LOSSES = Set.of("step", "gradient_norm", "learning_rate");

  private final Series loss = new Series();
  private final Series smoothLoss = new Series();
  private final Series gradientNorm = new Series();
  private final Series learningRate = new Series();
  private final Map<String, Series> heldOut = new LinkedHashMap<>();
  private final Set<Long> evaluated = new HashSet<>();
  private final Smoothing smoothing = new Smoothing();
  private final List<Long> skipped = new ArrayList<>();
  private long step;

  /** A step was done. */
  public void learned(long done, Stage.Learned learned, double rate) {
    step = done;
    learningRate.add(done, rate);
    if (!learned.isFinite()) {
      skipped.add(done);
      return;
    }
    double value = learned.losses().getOrDefault("loss", Double.NaN);
    loss.add(done, value);
    smoothLoss.add(done, smoothing.add(value));
    gradientNorm.add(done, learned.gradientNorm());
  }

  /** An evaluation was done. */
  public void evaluated(long done, Map<String, Double> figures) {
    evaluated.add(done);
    figures.forEach(
        (name, value) -> heldOut.computeIfAbsent(name, n -> new Series()).add(done, value));
  }

  /** Whether held-out pictures were judged after so many steps. */
  public boolean isEvaluated(long step) {
    return evaluated.contains(step);
  }

  /** Takes a line of the log as if it happened now. */
  public void told(JsonNode line) {
    long done = line.path("step").asLong();
    Map<String, Double> figures = new LinkedHashMap<>();
    if (line.has("held_out")) {
      line.path("held_out").properties().forEach(f -> figures.put(f.getKey(), number(f)));
      evaluated(done, figures);
      return;
    }
    line.properties().stream()
        .filter(field -> !NO_LOSSES.contains(field.getKey()) && field.getValue().isNumber())
        .forEach(field -> figures.put(field.getKey(), number(field)));
    double norm = line.has("skipped") ? Double.NaN : line.path("gradient_norm").asDouble();
    learned(done, new Stage.Learned(figures, norm), line.path("learning_rate").asDouble());
  }

  private static double number(Map.Entry<String, JsonNode> field) {
    return field.getValue().isNumber() ? field.getValue().asDouble() : Double.NaN;
  }

  /** The last step that was done. */
  public long step() {
    return step;
  }

  public Series loss() {
    return loss;
  }

  /** As {@link Smoothing} shows it. */
  public Series smoothLoss() {
    return smoothLoss;
  }

  /** The newest value of it. */
  public double smoothed() {
    return smoothing.value();
  }

  public Series gradientNorm() {
    return gradientNorm;
  }

  public Series learningRate() {
    return learningRate;
  }

  /** Figures on held-out pictures, by name. */
  public Map<String, Series> heldOut() {
    return Collections.unmodifiableMap(heldOut);
  }

  /** The steps that were skipped because their loss or gradient was not finite. */
  public List<Long> skipped() {
    return Collections.unmodifiableList(skipped);
  }
}
