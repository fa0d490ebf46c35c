package dev.currywurst.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.stream.StreamSupport;

/** The section about fine-tuning of {@code bench/RESULTS.md}. */
final class FineTuningReport {
  private static final String TITLE = "\n## Fine-tuning\n";

  private final ObjectNode measured;
  private final int threads;

  FineTuningReport(ObjectNode measured, int threads) {
    this.measured = measured;
    this.threads = threads;
  }

  /** This section of a report, if it has one. */
  static String of(String report) {
    int start = report.indexOf(TITLE);
    if (start < 0) {
      return "";
    }
    int next = report.indexOf("\n## ", start + TITLE.length());
    return report.substring(start, next < 0 ? report.length() : next);
  }

  /** A report with this section in place of the one it had, or at its end. */
  static String replaced(String report, String section) {
    String before = of(report);
    return before.isEmpty() ? report + section : report.replace(before, section);
  }

  String toMarkdown() {
    StringBuilder text = new StringBuilder(TITLE);
    text.append(
        """

        Steps of fine-tuning all of Stage C, medians over the turns of both sides, after an epoch. Beside
        the loop of diffusers' train_text_to_image_prior.py (datasets' imagefolder, accelerate,
        autocast, clipping, AdamW with its fused kernel, events and a progress bar). "Wide" has
        layers of the published width and the frozen networks of the published size, at a resolution
        of 1024; "pocket" is the model that comes with Currywurst, with its own image encoder on
        both sides. Theirs runs both frozen networks in every step; ours has kept what they made. In
        "training alone" they are left out on their side too. "Update" is AdamW's update of all
        weights. "Peak" is the largest resident size up to the end of training; ours counts the
        pages of the text tower's mapped file, which the system takes back when it needs them. Made
        by `bench/run finetune`, with
        """);
    text.append(threads).append(threads == 1 ? " thread.\n\n" : " threads.\n\n");
    text.append(
        "| size | blocks | batch | type | turns | Currywurst ms | diffusers ms | ratio | training"
            + " alone ms | ratio | update ms | diffusers | peak GB | diffusers |\n");
    text.append("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (JsonNode one : measured) {
      JsonNode ours = one.get("java");
      JsonNode theirs = one.get("python");
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %d | %d | %s | %d | %.0f | %.0f | **%.2f** | %.0f | %.2f | %.1f | %.1f | %.1f"
                  + " | %.1f |%n",
              one.get("size").asText(),
              one.get("depth").asInt(),
              one.get("batch").asInt(),
              one.get("dtype").asText(),
              ours.path("runs").size(),
              median(ours, "runs"),
              median(theirs, "runs"),
              median(theirs, "runs") / median(ours, "runs"),
              median(theirs, "kept"),
              median(theirs, "kept") / median(ours, "runs"),
              median(ours, "updates"),
              median(theirs, "updates"),
              ours.path("peak").asDouble() / 1e9,
              theirs.path("peak").asDouble() / 1e9));
    }
    text.append(defaults());
    return text.toString();
  }

  /** The types that both take by default. */
  private String defaults() {
    StringBuilder text = new StringBuilder();
    measured
        .properties()
        .forEach(
            entry -> {
              JsonNode half = entry.getValue();
              JsonNode single =
                  measured.path(entry.getKey().replace("-bfloat16", "-float32")).path("python");
              if (entry.getKey().endsWith("-bfloat16") && !single.isMissingNode()) {
                double ratio = median(single, "runs") / median(half.get("java"), "runs");
                text.append(
                    String.format(
                        Locale.ROOT,
                        "%nOur default (bfloat16) is **%.2f** times as fast as theirs (float32) at"
                            + " the size \"%s\".%n",
                        ratio,
                        half.get("size").asText()));
              }
            });
    return text.toString();
  }

  /** In milliseconds. */
  private static double median(JsonNode side, String list) {
    double[] sorted =
        StreamSupport.stream(side.path(list).spliterator(), false)
            .mapToDouble(run -> run.get("seconds").asDouble() * 1e3)
            .sorted()
            .toArray();
    int middle = sorted.length / 2;
    return sorted.length == 0
        ? Double.NaN
        : sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
