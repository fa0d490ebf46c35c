package dev.currywurst.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Profile;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.SafetensorsWriter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Currywurst's side of the bench: reads requests, one JSON object a line, and answers each with
 * one. {@code python/reference.py} answers the same for diffusers.
 */
final class JavaSide {
  private @Nullable Work work;
  private @Nullable Tensor output;
  private Tensor @Nullable [] matrices;

  private JavaSide() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream answers = System.out;
    System.setOut(System.err);
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    JavaSide side = new JavaSide();
    try (Scope scope = Scope.open()) {
      for (String line = requests.readLine(); line != null; line = requests.readLine()) {
        JsonNode request = Side.JSON.readTree(line);
        answers.println(Grad.off(() -> side.answer(request)));
      }
    }
  }

  private ObjectNode answer(JsonNode request) {
    try {
      return switch (request.get("command").asText()) {
        case "start" -> start(request);
        case "load" -> load(request);
        case "run" -> timed(this::run);
        case "save" -> save(Path.of(request.get("file").asText()));
        case "multiply" -> multiply(request);
        case "profile" -> profile();
        case "peak" -> peak();
        default -> throw new IllegalArgumentException("unknown command in " + request);
      };
    } catch (RuntimeException e) {
      return Side.JSON.createObjectNode().put("error", e.toString());
    }
  }

  static ObjectNode start(JsonNode request) {
    Engine.setThreads(request.get("threads").asInt());
    return Side.JSON
        .createObjectNode()
        .put("runtime", "Java " + Runtime.version() + ", libtorch " + libtorch());
  }

  private static String libtorch() {
    Matcher version =
        Pattern.compile("TORCH_VERSION=([\\w.]+)").matcher(Engine.buildConfiguration());
    return version.find() ? version.group(1) : "of unknown version";
  }

  private ObjectNode load(JsonNode request) {
    Case.Subject subject = Case.Subject.parse(request.get("subject").asText());
    DType dtype = dtype(request);
    Path model = Path.of(request.get("model").asText());
    return timed(
        () ->
            work =
                subject.isStage()
                    ? Work.stage(subject, model, dtype, Path.of(request.get("inputs").asText()))
                    : Work.picture(
                        model,
                        dtype,
                        request.get("pixels").asInt(),
                        request.get("priorSteps").asInt(),
                        request.get("decoderSteps").asInt(),
                        request.get("guidance").asDouble(),
                        request.get("keep").asBoolean()));
  }

  private static DType dtype(JsonNode request) {
    return DType.valueOf(request.get("dtype").asText().toUpperCase(Locale.ROOT));
  }

  private void run() {
    Work running = Objects.requireNonNull(work, "nothing is loaded");
    if (output != null) {
      output.close();
    }
    output = Scope.tidy(running::run).own();
  }

  private ObjectNode save(Path file) {
    try (Scope scope = Scope.open()) {
      Tensor result = Objects.requireNonNull(output, "nothing was run").to(DType.FLOAT32);
      SafetensorsWriter.write(file, Map.of("output", result.contiguous()));
    }
    return Side.JSON.createObjectNode();
  }

  /** Seconds for one product of square matrices. */
  private ObjectNode multiply(JsonNode request) {
    long side = request.get("side").asLong();
    if (matrices == null) {
      try (Generator random = new Generator(1)) {
        DType dtype = dtype(request);
        matrices =
            new Tensor[] {
              random.normal(DType.FLOAT32, side, side).to(dtype).own(),
              random.normal(DType.FLOAT32, side, side).to(dtype).own()
            };
      }
    }
    Tensor[] factors = matrices;
    return timed(() -> Scope.tidy(() -> factors[0].matmul(factors[1])).close());
  }

  /** One more run, with the seconds that each operation took. */
  private ObjectNode profile() {
    try (Profile profile = Profile.open(System::nanoTime)) {
      ObjectNode answer = timed(this::run);
      ObjectNode operations = answer.putObject("operations");
      profile.seconds().forEach(operations::put);
      return answer;
    }
  }

  static ObjectNode peak() {
    ObjectNode answer = Side.JSON.createObjectNode();
    MemoryWatch.status("VmHWM").ifPresent(bytes -> answer.put("bytes", bytes));
    return answer;
  }

  private static ObjectNode timed(Runnable body) {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long begin = System.nanoTime();
    long cpu = system.getProcessCpuTime();
    body.run();
    return Side.JSON
        .createObjectNode()
        .put("seconds", (System.nanoTime() - begin) * 1e-9)
        .put("cpu", (system.getProcessCpuTime() - cpu) * 1e-9);
  }
}
