package dev.currywurst.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Profile;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.TrainingListener;
import dev.currywurst.train.TrainingRun;
import dev.currywurst.train.TrainingSettings;
import dev.currywurst.train.optim.AdamW;
import dev.currywurst.train.optim.FlatWeights;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
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
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Currywurst's side of {@code bench/run finetune}: an ordinary training run that stops after each
 * step until it is asked for the next. {@code python/finetune.py} answers the same requests for
 * diffusers' script.
 */
final class TrainingSide implements TrainingListener {
  /** Never reached. */
  private static final long STEPS = 1_000_000;

  /** As diffusers' script learns: plain noise, no weight decay, all captions. */
  private static final String CONFIG =
      """
      {"objective": {"timestep_stretch": 1.0, "loss_weighting": "plain", "caption_dropped": 0.0},
       "training": {"adam_weight_decay": 0.0, "checkpointing_steps": 1000000},
       "validation": {"pictures": 0}}
      """;

  private final Semaphore permits = new Semaphore(0);
  private final LinkedBlockingQueue<ObjectNode> done = new LinkedBlockingQueue<>();
  private final OperatingSystemMXBean system =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private @Nullable Path model;
  private @Nullable Profile profile;
  private volatile boolean profiled;
  private long begin;
  private long cpu;

  private TrainingSide() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream answers = System.out;
    System.setOut(System.err);
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    TrainingSide side = new TrainingSide();
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      answers.println(side.answer(Side.JSON.readTree(line)));
    }
    // The run waits for a step that nobody asks for.
    Runtime.getRuntime().halt(0);
  }

  private ObjectNode answer(JsonNode request) {
    try {
      return switch (request.get("command").asText()) {
        case "start" -> JavaSide.start(request);
        case "load" -> load(request);
        case "keep" -> Side.JSON.createObjectNode(); // What frozen networks make is kept anyway.
        case "run" -> run(request.get("steps").asInt());
        case "profile" -> profile();
        case "update" -> update();
        case "peak" -> JavaSide.peak();
        default -> throw new IllegalArgumentException("unknown command in " + request);
      };
    } catch (RuntimeException | IOException e) {
      return Side.JSON.createObjectNode().put("error", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Side.JSON.createObjectNode().put("error", "interrupted");
    }
  }

  private ObjectNode load(JsonNode request) throws IOException, InterruptedException {
    Path folder = Path.of(request.get("model").asText());
    model = folder;
    DType dtype = DType.valueOf(request.get("dtype").asText().toUpperCase(Locale.ROOT));
    TrainingRun.Request training =
        new TrainingRun.Request(
            StageName.STAGE_C,
            folder.resolve("pictures"),
            Path.of(request.get("output").asText()),
            Optional.of(ModelFolder.open(folder)),
            ConfigFile.of("the bench", (ObjectNode) Side.JSON.readTree(CONFIG)),
            request.get("pixels").asInt(),
            new TrainingSettings.Given(STEPS, request.get("batch").asInt(), 1e-5, 7, dtype));
    CompletableFuture<Boolean> opened = new CompletableFuture<>();
    Thread thread = new Thread(() -> train(training, opened), "training");
    thread.setDaemon(true);
    thread.start();
    opened.join();
    return Side.JSON.createObjectNode();
  }

  private void train(TrainingRun.Request request, CompletableFuture<Boolean> opened) {
    try (TrainingRun run = TrainingRun.open(request)) {
      opened.complete(true);
      var unused = run.train(this);
    } catch (RuntimeException e) {
      opened.completeExceptionally(e);
      done.add(Side.JSON.createObjectNode().put("error", e.toString()));
    }
  }

  @Override
  public void started(long fromStep) {
    await();
  }

  @Override
  public void learned(long step, Stage.Learned learned, double learningRate) {
    ObjectNode answer =
        Side.JSON
            .createObjectNode()
            .put("seconds", (System.nanoTime() - begin) * 1e-9)
            .put("cpu", (system.getProcessCpuTime() - cpu) * 1e-9)
            .put("loss", learned.losses().get("loss"));
    if (profile != null) {
      ObjectNode operations = answer.putObject("operations");
      profile.seconds().forEach(operations::put);
      profile.close();
      profile = null;
    }
    done.add(answer);
    await();
  }

  private void await() {
    permits.acquireUninterruptibly();
    if (profiled) {
      profiled = false;
      profile = Profile.open(System::nanoTime);
    }
    begin = System.nanoTime();
    cpu = system.getProcessCpuTime();
  }

  /** Some steps; the means of their seconds. */
  private ObjectNode run(int steps) throws InterruptedException {
    double seconds = 0;
    double processor = 0;
    ObjectNode last = Side.JSON.createObjectNode();
    for (int i = 0; i < steps; i++) {
      permits.release();
      last = done.take();
      if (last.has("error")) {
        return last;
      }
      seconds += last.get("seconds").asDouble();
      processor += last.get("cpu").asDouble();
    }
    return last.put("seconds", seconds / steps).put("cpu", processor / steps);
  }

  private ObjectNode profile() throws InterruptedException {
    profiled = true;
    permits.release();
    return done.take();
  }

  /** The update alone, of as many weights as Stage C has. */
  private ObjectNode update() {
    Path folder = Objects.requireNonNull(model, "nothing is loaded").resolve("prior/prior");
    WeightFile file = WeightFile.open(folder.resolve("diffusion_pytorch_model.safetensors"));
    try (Scope scope = Scope.open()) {
      long numbers = file.names().stream().mapToLong(name -> file.tensor(name).elements()).sum();
      try (Tensor weight = Tensor.full(1e-2, DType.FLOAT32, numbers).own();
          FlatWeights flat = new FlatWeights(Map.of("all", weight));
          AdamW adam = new AdamW(flat, AdamW.Settings.DEFAULT)) {
        flat.gradients().fillInPlace(1e-3);
        Grad.off(() -> adam.update(1e-5, 1, 1)); // Touches the memory.
        long start = System.nanoTime();
        Grad.off(() -> adam.update(1e-5, 2, 1));
        return Side.JSON.createObjectNode().put("seconds", (System.nanoTime() - start) * 1e-9);
      }
    }
  }
}
