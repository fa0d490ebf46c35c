package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What others make of our files, and we of theirs: the scripts of {@code bench/python}, run as they
 * are. They need a Python with {@code bench/python/requirements.txt}: {@code
 * -Dcurrywurst.python=/path/to/python}. Without one, these tests are skipped.
 */
class PythonInteropTest {
  private static final String PROPERTY = "currywurst.python";
  private static final String PYTHON = System.getProperty(PROPERTY, "");

  @TempDir Path folder;

  @BeforeEach
  void requirePython() {
    assumeTrue(
        !PYTHON.isBlank(),
        "no Python was given: -D"
            + PROPERTY
            + "=/path/to/python, with bench/python/requirements.txt installed");
  }

  private void requirePackages(String... names) throws IOException, InterruptedException {
    Path told = folder.resolve("packages.txt");
    for (String name : names) {
      String find =
          "import importlib.util, sys; sys.exit(not importlib.util.find_spec(sys.argv[1]))";
      assumeTrue(
          run(told, "-c", find, name) == 0,
          PYTHON + " lacks " + name + ": pip install -r bench/python/requirements.txt");
    }
  }

  private static Path script(String name) {
    Path here = Path.of("").toAbsolutePath();
    return Stream.of(here, Objects.requireNonNull(here.getParent()))
        .map(place -> place.resolve("bench/python").resolve(name))
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no bench/python/" + name));
  }

  /** The command line in a process of its own, in the words of a shell. */
  private static String command() {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Stream.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-cp",
            classPath,
            Main.class.getName())
        .map(word -> "'" + word.replace("'", "'\\''") + "'")
        .reduce((a, b) -> a + " " + b)
        .orElseThrow();
  }

  private String python(String script, Object... arguments)
      throws IOException, InterruptedException {
    Path told = folder.resolve(script + ".txt");
    List<Object> words = new ArrayList<>(List.of(script(script)));
    words.addAll(List.of(arguments));
    int exitCode = run(told, words.toArray());
    String text = Files.readString(told);
    assertThat(exitCode).as(text).isZero();
    return text;
  }

  private static int run(Path told, Object... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(PYTHON));
    Stream.of(words).map(Object::toString).forEach(command::add);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(told.toFile());
    builder.environment().put("CURRYWURST", command());
    builder.environment().put("HF_HUB_OFFLINE", "1");
    return builder.start().waitFor();
  }

  private static Run succeed(Object... words) {
    Run run = Run.of(words);
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run;
  }

  private Path creatures() {
    Path creatures = folder.resolve("creatures");
    succeed("draw", "creatures", "--output", creatures, "--count", 12);
    return creatures;
  }

  private static Run tune(Path creatures, Path output, String options) {
    return succeed(
        "finetune", "--model", "pocket", "--data", creatures, "--output", output, options);
  }

  @Test
  void datasetsReadsTheSameSetsAlike() throws IOException, InterruptedException {
    requirePackages("datasets", "webdataset", "pyarrow", "PIL");
    assertThat(python("datasets_interop.py", "--currywurst", command()))
        .contains("imagefolder-jsonl", "hub parquet", "webdataset png")
        .doesNotContain("DIFFERENT");
  }

  @Test
  void tensorBoardReadsTheEventsOfAResumedRun() throws IOException, InterruptedException {
    requirePackages("tensorboard");
    Path creatures = creatures();
    Path output = folder.resolve("tuned");
    String options = "--train_batch_size 2 --checkpointing_steps 2 --max_train_steps 6";
    tune(creatures, output, options);
    tune(creatures, output, options + " --resume_from_checkpoint 4");
    assertThat(python("read_events.py", output)).contains("train/loss: steps 1 to 6, each once");
  }

  @Test
  void diffusersPaintsTheSameWithAFineTunedModel() throws IOException, InterruptedException {
    requirePackages("diffusers", "transformers", "accelerate");
    Path output = folder.resolve("tuned");
    tune(creatures(), output, "--train_batch_size 2 --max_train_steps 20 --validation_pictures 0");
    Run painted =
        succeed(
            "generate",
            "a red house",
            "--model",
            output.resolve("model"),
            "--dtype float32 --seed 7 --quiet",
            "--output-dir",
            Files.createDirectory(folder.resolve("painted")));
    assertThat(python("load_in_diffusers.py", output.resolve("model"), painted.files().get(0)))
        .contains("every weight in its place", "% within one level");
  }

  @Test
  void peftAndDiffusersAndWeReadEachOthersLoras() throws IOException, InterruptedException {
    requirePackages("diffusers", "transformers", "peft");
    Path output = folder.resolve("tuned");
    tune(
        creatures(),
        output,
        "--train_batch_size 2 --max_train_steps 6 --validation_pictures 0 --learning_rate 1e-2"
            + " --rank 4 --lora_dialects diffusers,kohya,peft");
    assertThat(python("lora_interop.py", output.resolve("model"), output.resolve("lora")))
        .contains("Currywurst's extracted LoRA in diffusers", "the same in a kohya file")
        .contains("Currywurst's trained LoRA in diffusers", "its kohya file, merged in torch");
  }

  /** Lest a script that fails pass for one that does not. */
  @Test
  void aScriptThatFailsFailsItsTest() throws IOException, InterruptedException {
    assertThat(run(folder.resolve("told.txt"), script("read_events.py"), folder)).isNotZero();
  }
}
