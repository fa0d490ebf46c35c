package dev.currywurst.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageCConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.StreamSupport;

/** The measurements as a table in Markdown. */
record Report(
    List<Case> cases,
    Measurements measurements,
    Path scratch,
    Path model,
    String clock,
    String size,
    int threads) {

  /** Below this share of the machine's own rate, the table says where the time goes. */
  private static final double EXPLAINED_BELOW = 0.8;

  String toMarkdown() throws IOException {
    StringBuilder out = new StringBuilder();
    out.append("# Beside diffusers\n\n").append(about()).append('\n');
    stages(out);
    pictures(out);
    explanations(out);
    return out.toString();
  }

  private String about() throws IOException {
    JsonNode any =
        cases.stream()
            .flatMap(one -> measurements.of(one).stream())
            .findFirst()
            .orElseThrow(() -> new CurrywurstException("None of these cases was measured yet."));
    return """
        Random weights of the %s size, the same files on both sides; medians of the %s. Stages \
        are taken in turn, run by run; pictures one side after the other. Made by `bench/run` on %s.

        - Machine: %s, %d threads, %s
        - Currywurst: %s
        - diffusers: %s

        """
        .formatted(
            size,
            clock.equals("cpu") ? "processor time" : "wall time",
            LocalDate.now(ZoneOffset.UTC),
            processor(),
            threads,
            System.getProperty("os.name") + " " + System.getProperty("os.arch"),
            any.at("/java/runtime").asText(),
            any.at("/python/runtime").asText());
  }

  private static String processor() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(info)) {
      return "unknown processor";
    }
    return Files.readAllLines(info).stream()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst()
        .orElse("unknown processor");
  }

  // ---- stages

  private void stages(StringBuilder out) throws IOException {
    List<Case> measured =
        cases.stream()
            .filter(one -> one.subject().isStage() && measurements.of(one).isPresent())
            .toList();
    if (measured.isEmpty()) {
      return;
    }
    out.append(
        """
        ## One pass of a network

        Stage C is one step under guidance, Stage B one step without, as is the default, and one
        with guidance, Stage A one decoding. "Share" is the
        arithmetic that is left after exact savings, per second, as a share of the rate at which
        the machine multiplies two matrices of 2048 x 2048 in that type, measured in the same
        minutes. "Error" is the root mean square of the difference from diffusers in float32, as a
        share of the root mean square of its result; in bfloat16 the other number is diffusers'
        own. Stages B and C embed the noise level in float32 here whatever the type.
        What is done once a picture is in "load": here, text keys and values and the tables of
        noise levels too, which diffusers computes anew in each step.
        "Load" is from files in the page cache to the first result, less one pass.

        | | pixels | type | runs | Currywurst s | diffusers s | ratio | share | load s | diffusers | error |
        |---|---|---|---|---|---|---|---|---|---|---|
        """);
    for (Case one : measured) {
      JsonNode m = measurements.of(one).orElseThrow();
      double ours = median(m.at("/java/runs"));
      double theirs = median(m.at("/python/runs"));
      out.append(
          "| %s | %d | %s | %d | %.3f | %.3f | **%.2f** | %.2f | %.1f | %.1f | %s |%n"
              .formatted(
                  one.subject().title(),
                  one.pixels(),
                  one.dtype(),
                  m.at("/java/runs").size(),
                  ours,
                  theirs,
                  theirs / ours,
                  arithmetic(one).total() / ours / rate(m),
                  untilReady(m.at("/java")),
                  untilReady(m.at("/python")),
                  errors(one, m)));
    }
    across(out, measured);
    out.append('\n');
  }

  /** Our bfloat16, which "auto" takes where it is faster, beside diffusers' default. */
  private void across(StringBuilder out, List<Case> measured) {
    StringBuilder rows = new StringBuilder();
    for (Case one : measured) {
      Optional<JsonNode> wide = measurements.of(one.in(DType.FLOAT32));
      if (one.dtype() == DType.BFLOAT16 && wide.isPresent()) {
        double ours = median(measurements.of(one).orElseThrow().at("/java/runs"));
        double theirs = median(wide.get().at("/python/runs"));
        rows.append(
            "| %s | %d | %.3f | %.3f | **%.2f** |%n"
                .formatted(one.subject().title(), one.pixels(), ours, theirs, theirs / ours));
      }
    }
    if (!rows.isEmpty()) {
      out.append(
              """

              With the types that both take by default:

              | | pixels | Currywurst bfloat16 s | diffusers float32 s | ratio |
              |---|---|---|---|---|
              """)
          .append(rows);
    }
  }

  private String errors(Case one, JsonNode m) {
    Path reference =
        scratch.resolve("outputs").resolve(one.in(DType.FLOAT32).key() + "-python.safetensors");
    if (!Files.exists(reference)) {
      return "";
    }
    String ours = "%.1e".formatted(error(m.at("/java/output").asText(), reference));
    return one.dtype() == DType.FLOAT32
        ? ours
        : ours + " / %.1e".formatted(error(m.at("/python/output").asText(), reference));
  }

  private static double error(String file, Path reference) {
    try (Scope scope = Scope.open()) {
      Tensor expected = WeightFile.open(reference).tensor("output");
      Tensor actual = WeightFile.open(Path.of(file)).tensor("output");
      double difference = actual.minus(expected).square().mean().item();
      return Math.sqrt(difference / expected.square().mean().item());
    }
  }

  /** Some read their weights when they are first used: the first pass counts, less a usual one. */
  private double untilReady(JsonNode side) {
    return side.at("/load/seconds").asDouble()
        + Math.max(0, side.at("/first/0/seconds").asDouble() - median(side.at("/runs")));
  }

  private Arithmetic arithmetic(Case one) {
    return switch (one.subject()) {
      case C -> Arithmetic.stageC(StageCConfig.read(config("prior/prior")), one.pixels());
      case B -> Arithmetic.stageB(StageBConfig.read(config("decoder/decoder")), one.pixels());
      case GUIDED ->
          Arithmetic.stageBGuided(StageBConfig.read(config("decoder/decoder")), one.pixels());
      default -> Arithmetic.stageA(StageAConfig.read(config("decoder/vqgan")), one.pixels());
    };
  }

  private ConfigFile config(String component) {
    return ConfigFile.read(model.resolve(component).resolve("config.json"));
  }

  // ---- pictures

  private void pictures(StringBuilder out) {
    StringBuilder rows = new StringBuilder();
    StringBuilder cold = new StringBuilder();
    for (Case one : cases) {
      if (one.subject().isStage() || measurements.of(one).isEmpty()) {
        continue;
      }
      JsonNode m = measurements.of(one).orElseThrow();
      if (one.subject() == Case.Subject.COLD) {
        double ours = m.at("/java/wall").asDouble();
        double theirs = m.at("/python/wall").asDouble();
        double ourPeak = m.at("/java/peak").asDouble();
        double theirPeak = m.at("/python/peak").asDouble();
        cold.append(
            "| %d | %s | %.1f | %.1f | **%.2f** | %.1f | %.1f | **%.2f** |%n"
                .formatted(
                    one.pixels(),
                    one.dtype(),
                    ours,
                    theirs,
                    theirs / ours,
                    ourPeak / 1e9,
                    theirPeak / 1e9,
                    ourPeak / theirPeak));
      } else {
        double ours = median(m.at("/java/runs"));
        double theirs = median(m.at("/python/runs"));
        Optional<JsonNode> wide = measurements.of(one.in(DType.FLOAT32));
        String across =
            one.dtype() == DType.FLOAT32 || wide.isEmpty()
                ? ""
                : "%.2f".formatted(median(wide.get().at("/python/runs")) / ours);
        rows.append(
            "| %d | %s | %.1f | %.1f | **%.2f** | %s | %.1f | %.1f | %s |%n"
                .formatted(
                    one.pixels(),
                    one.dtype(),
                    ours,
                    theirs,
                    theirs / ours,
                    across,
                    m.at("/java/load/seconds").asDouble(),
                    m.at("/python/load/seconds").asDouble(),
                    agreement(m)));
      }
    }
    if (!rows.isEmpty()) {
      out.append(
              """
              ## A whole picture

              %d steps of Stage C with guidance 4, %d of Stage B, all networks in memory; the
              published example takes 29 and 12. "Load" ends with a first tiny picture. "Agree" is
              the share of values that differ by at most one level of 255; random weights amplify
              every rounding.

              | pixels | type | Currywurst s | diffusers s | ratio | diffusers float32 | load s | diffusers | agree |
              |---|---|---|---|---|---|---|---|---|
              """
                  .formatted(steps().prior(), steps().decoder()))
          .append(rows)
          .append('\n');
    }
    if (!cold.isEmpty()) {
      out.append(
              """
              From the start of the process to the picture of %d and %d steps, as each loads by
              default: Currywurst one network after the other, diffusers all at once.

              | pixels | type | Currywurst s | diffusers s | ratio | peak GB | diffusers | share |
              |---|---|---|---|---|---|---|---|
              """
                  .formatted(steps().prior(), steps().decoder()))
          .append(cold)
          .append('\n');
    }
  }

  private Case.Steps steps() {
    return cases.get(0).steps();
  }

  private static String agreement(JsonNode m) {
    try (Scope scope = Scope.open()) {
      Tensor ours = WeightFile.open(Path.of(m.at("/java/output").asText())).tensor("output");
      Tensor theirs = WeightFile.open(Path.of(m.at("/python/output").asText())).tensor("output");
      Tensor levels = ours.minus(theirs).abs().times(255);
      double apart = levels.greaterThan(1.5).to(DType.FLOAT32).mean().item();
      return "%.2f %%".formatted(100 * (1 - apart));
    }
  }

  // ---- where the time goes

  private void explanations(StringBuilder out) {
    StringBuilder rows = new StringBuilder();
    for (Case one : cases) {
      if (!one.subject().isStage() || measurements.of(one).isEmpty()) {
        continue;
      }
      JsonNode m = measurements.of(one).orElseThrow();
      double share = arithmetic(one).total() / median(m.at("/java/runs")) / rate(m);
      if (share < EXPLAINED_BELOW && m.at("/java/profile/operations").isObject()) {
        rows.append(
            "| %s %d %s | %.2f | %s |%n"
                .formatted(
                    one.subject().title(), one.pixels(), one.dtype(), share, breakdown(one, m)));
      }
    }
    if (!rows.isEmpty()) {
      out.append(
              """
              ## What stays under %.1f of the machine's rate

              Of one profiled pass: each kind's part of the time and, where it multiplies, its own
              share of the rate.

              | | share | where the time goes |
              |---|---|---|
              """
                  .formatted(EXPLAINED_BELOW))
          .append(rows)
          .append('\n');
    }
  }

  private String breakdown(Case one, JsonNode m) {
    JsonNode profile = m.at("/java/profile");
    double total = profile.get("seconds").asDouble();
    Map<String, Double> kinds = new LinkedHashMap<>();
    profile
        .get("operations")
        .properties()
        .forEach(e -> kinds.merge(kind(e.getKey()), e.getValue().asDouble(), Double::sum));
    double inOperations = kinds.values().stream().mapToDouble(Double::doubleValue).sum();
    kinds.put("between operations", Math.max(0, total - inOperations));
    Arithmetic work = arithmetic(one);
    Map<String, Double> counted =
        Map.of(
            "linear layers", work.linear(),
            "attention products", work.attention(),
            "convolutions", work.convolution());
    List<String> parts = new ArrayList<>();
    kinds.entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .filter(e -> e.getValue() / total > 0.005)
        .forEach(
            e -> {
              Double operations = counted.get(e.getKey());
              String own =
                  operations == null
                      ? ""
                      : " at %.2f".formatted(operations / e.getValue() / rate(m));
              parts.add("%s %.0f %%%s".formatted(e.getKey(), 100 * e.getValue() / total, own));
            });
    return String.join(", ", parts);
  }

  private static String kind(String operation) {
    return switch (operation) {
      case "PackedWeight.apply", "PackedWeight.applyPlus", "Linear.apply" -> "linear layers";
      case "Arithmetic.bmm", "Arithmetic.matmul" -> "attention products";
      case "Conv2d.apply", "ConvTranspose2d.apply" -> "convolutions";
      case "Functional.softmax", "Functional.softmaxInPlace" -> "softmax";
      case "Functional.layerNorm" -> "layer norm";
      case "Functional.channelNorms" -> "response norm";
      case "Functional.gelu" -> "GELU";
      default -> "copies and elementwise";
    };
  }

  /** Floating-point operations a second of the machine in this case's type: the better side's. */
  private double rate(JsonNode m) {
    return Math.max(rateOf(m.at("/java/products")), rateOf(m.at("/python/products")));
  }

  private double rateOf(JsonNode products) {
    double[] rates =
        StreamSupport.stream(products.spliterator(), false)
            .mapToDouble(p -> p.get("operations").asDouble() / p.get(field()).asDouble())
            .sorted()
            .toArray();
    return rates.length == 0 ? 0 : rates[rates.length / 2];
  }

  private String field() {
    return clock.equals("cpu") ? "cpu" : "seconds";
  }

  private double median(JsonNode runs) {
    double[] seconds =
        StreamSupport.stream(runs.spliterator(), false)
            .mapToDouble(run -> run.get(field()).asDouble())
            .sorted()
            .toArray();
    return seconds.length % 2 == 1
        ? seconds[seconds.length / 2]
        : DoubleStream.of(seconds[seconds.length / 2 - 1], seconds[seconds.length / 2])
            .average()
            .orElseThrow();
  }
}
