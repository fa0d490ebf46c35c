package dev.currywurst.cli;

import dev.currywurst.hub.HubCache;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.EngineException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code currywurst doctor}: what this computer offers, and what to change about it. */
@Command(
    name = "doctor",
    header = "Tells what this computer offers, and what to change about it.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "It ends with 0 if pictures can be painted here, else with 1. What networks compute in without",
      "--dtype is the line \"auto\"."
    })
final class DoctorCommand implements Callable<Integer> {
  /** The numbers in the published model's largest network. */
  private static final long STAGE_B = 1_055_365_280L;

  /** Stages C, B and A, their text towers and the image encoder, published in float32. */
  private static final long PUBLISHED_BYTES =
      4 * (993_636_896L + STAGE_B + 18_406_894L + 693_021_440L + 352_984_064L + 20_177_488L);

  private static final Pattern VERSION = Pattern.compile("TORCH_VERSION=([\\w.]+)");
  private static final Pattern CAPABILITY = Pattern.compile("CPU capability usage: (\\w+)");
  private static final Pattern ONEDNN = Pattern.compile("(?:oneDNN|MKL-DNN) v([\\w.]+)");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--engine", description = "Also how PyTorch was built, in its own words.")
  private boolean engineDetails;

  private final Machine machine = Machine.here();
  private final List<String> advice = new ArrayList<>();

  @Override
  public Integer call() {
    line("currywurst", Main.Version.text());
    line(
        "Java",
        "%s (%s), heap of at most %s"
            .formatted(
                System.getProperty("java.version"),
                System.getProperty("java.vm.name"),
                Quantity.bytes(Runtime.getRuntime().maxMemory())));
    line("System", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    machine();
    boolean works = engine();
    caches();
    PrintWriter out = spec.commandLine().getOut();
    out.println();
    out.println(advice.isEmpty() ? "Nothing to change." : "To change:");
    advice.forEach(sentence -> out.println("- " + sentence));
    return works ? 0 : Failures.TOLD;
  }

  private void line(String name, String value) {
    spec.commandLine().getOut().printf("%-15s %s%n", name, value);
  }

  private void machine() {
    int cores = Runtime.getRuntime().availableProcessors();
    line("Processor", machine.processor().map(name -> name + ", ").orElse("") + cores + " cores");
    List<String> features = machine.features();
    line("Features", features.isEmpty() ? "unknown on this system" : String.join(", ", features));
    machine
        .memory()
        .ifPresent(
            memory -> {
              line(
                  "Memory",
                  Quantity.bytes(memory.total())
                      + ", "
                      + Quantity.bytes(memory.available())
                      + " of it available");
              long largest = STAGE_B * (Engine.multipliesBfloat16() ? 2 : 4);
              if (memory.available() < largest) {
                advice.add(
                    "The published model's largest part, Stage B, takes %s in the type of auto, and %s are available: end other programs, or use a smaller model."
                        .formatted(Quantity.bytes(largest), Quantity.bytes(memory.available())));
              }
            });
  }

  private boolean engine() {
    String built;
    try {
      built = Engine.buildConfiguration();
    } catch (EngineException e) {
      line("Engine", "does not load");
      advice.add(String.valueOf(e.getMessage()));
      return false;
    }
    line(
        "Engine",
        "PyTorch %s, oneDNN %s, kernels for %s"
            .formatted(
                found(VERSION, built).orElse("of unknown version"),
                found(ONEDNN, built).orElse("of unknown version"),
                found(CAPABILITY, built).orElse("any processor")));
    threads();
    boolean half = Engine.multipliesBfloat16();
    line(
        "auto",
        half
            ? DType.BFLOAT16 + ", which this processor multiplies natively"
            : DType.FLOAT32 + ", as this processor does not multiply bfloat16 natively");
    gpu(built);
    if (engineDetails) {
      spec.commandLine().getOut().println();
      spec.commandLine().getOut().println(built.strip());
    }
    return true;
  }

  private void gpu(String built) {
    boolean forGpu = built.contains("USE_CUDA=1");
    if (Engine.hasCuda()) {
      line("GPU", "usable with --device cuda");
      return;
    }
    line("GPU", forGpu ? "none found" : "not used, as this build is for processors alone");
    if (forGpu) {
      advice.add(
          "This build is for a GPU and finds none: it needs the driver of an NVIDIA GPU, CUDA 13, cuDNN 9 and NCCL 2.");
    } else if (machine.hasNvidiaDriver()) {
      advice.add(
          "An NVIDIA GPU is here: build with MAVEN_ARGS=-Pcuda, after installing CUDA 13, cuDNN 9 and NCCL 2, to use it with --device cuda.");
    }
  }

  private void threads() {
    int threads = Engine.threads();
    int cores = Runtime.getRuntime().availableProcessors();
    line("Threads", Integer.toString(threads));
    if (threads != cores) {
      advice.add(
          "PyTorch computes with %d threads on %d cores%s: set --threads %d."
              .formatted(
                  threads,
                  cores,
                  System.getenv("OMP_NUM_THREADS") == null ? "" : ", as OMP_NUM_THREADS says",
                  cores));
    }
  }

  private void caches() {
    Path cache;
    try {
      cache = HubCache.standard(System.getenv()).root();
    } catch (CurrywurstException e) {
      advice.add(String.valueOf(e.getMessage()));
      return;
    }
    long used = Machine.size(cache);
    line("Models", cache(cache, used));
    Machine.free(cache)
        .ifPresent(
            free -> {
              if (used == 0 && free < PUBLISHED_BYTES) {
                advice.add(
                    "The published model takes %s, and %s has %s free: set HF_HUB_CACHE to a folder on a larger disk before downloading it."
                        .formatted(Quantity.bytes(PUBLISHED_BYTES), cache, Quantity.bytes(free)));
              }
            });
    Path unpacked =
        Path.of(
            System.getProperty(
                "org.bytedeco.javacpp.cachedir",
                Path.of(System.getProperty("user.home"), ".javacpp", "cache").toString()));
    line("Unpacked engine", cache(unpacked, Machine.size(unpacked)));
    if (!Machine.isWritable(unpacked)) {
      advice.add(
          "The engine's libraries cannot be unpacked to %s: set JDK_JAVA_OPTIONS=-Dorg.bytedeco.javacpp.cachedir=FOLDER."
              .formatted(unpacked));
    }
  }

  private static String cache(Path folder, long used) {
    return folder
        + ", "
        + (used == 0 ? "empty" : Quantity.bytes(used))
        + (Machine.free(folder).isPresent()
            ? ", " + Quantity.bytes(Machine.free(folder).getAsLong()) + " free"
            : "");
  }

  private static Optional<String> found(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }
}
