package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.weights.SafetensorsWriter;
import dev.currywurst.weights.WeightFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is wrong: one sentence, exit code 1, and nothing that is half-written. */
class GenerateFailureTest {
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  @TempDir Path folder;
  private Path model = Path.of("");
  private Path output = Path.of("");

  @BeforeEach
  void copyTheModel() throws IOException {
    model = folder.resolve("model");
    output = Files.createDirectory(folder.resolve("output"));
    try (Stream<Path> files = Files.walk(Fixtures.wuerstchen())) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, model.resolve(Fixtures.wuerstchen().relativize(file).toString()));
      }
    }
  }

  @AfterEach
  void nothingWasWritten() throws IOException {
    try (Stream<Path> files = Files.list(output)) {
      assertThat(files).isEmpty();
    }
  }

  private Run generate(Object... more) {
    return Run.of(
        List.of("generate", "a fox", "--model", model, "--steps 2 --dtype float32 --output-dir"),
        Stream.concat(Stream.of(output, "--quiet"), Stream.of(more)).toArray());
  }

  private static void expectSentence(Run run, String... parts) {
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().strip().lines()).as(run.err()).hasSize(1);
    assertThat(run.err().strip()).endsWith(".").contains(parts);
  }

  @Test
  void missingModel() {
    model = folder.resolve("nowhere");
    expectSentence(generate(), "There is no folder " + model);
  }

  @Test
  void foreignModel() throws IOException {
    Files.writeString(
        model.resolve("model_index.json"), "{\"_class_name\": \"StableDiffusionPipeline\"}");
    expectSentence(generate(), "model_index.json describes a StableDiffusionPipeline");
  }

  @Test
  void emptyFolder() {
    model = output;
    expectSentence(generate(), output + " holds no Würstchen");
  }

  @Test
  void missingPart() throws IOException {
    delete(model.resolve("decoder/vqgan"));
    expectSentence(generate(), "has no Stage A (folder vqgan)");
  }

  @Test
  void missingWeights() throws IOException {
    Files.delete(model.resolve("prior/prior").resolve(WEIGHTS));
    expectSentence(generate(), "has no weights for the Stage C");
  }

  @Test
  void weightsOfAnotherSize() throws IOException {
    Path config = model.resolve("prior/prior/config.json");
    Files.writeString(config, Files.readString(config).replace("\"c\": ", "\"c\": 1"));
    expectSentence(generate(), "weight projection.weight has shape", "where the configuration");
  }

  @Test
  void partsOfDifferentModels() throws IOException {
    Path config = model.resolve("prior/prior/config.json");
    Files.writeString(config, Files.readString(config).replace("\"c_cond\": ", "\"c_cond\": 1"));
    expectSentence(generate(), "The text tower of Stage C has a width of 32", "different models");
  }

  @Test
  void truncatedWeights() throws IOException {
    Path weights = model.resolve("decoder/decoder").resolve(WEIGHTS);
    try (FileChannel channel = FileChannel.open(weights, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 100);
    }
    expectSentence(generate(), weights.toString());
  }

  @Test
  void brokenConfiguration() throws IOException {
    Files.writeString(model.resolve("decoder/vqgan/config.json"), "{");
    expectSentence(generate(), "config.json is not valid JSON");
  }

  @Test
  void emptyPrompts() {
    expectSentence(Run.of("generate", "", "--model", model), "The prompt is empty");
    expectSentence(Run.of("generate", "a fox", " \t", "--model", model), "Prompt 2 of 2 is empty");
  }

  @Test
  void impossibleSizes() {
    expectSentence(generate("--width", 0), "The width is 0 pixels");
    expectSentence(generate("--height", 1_000_000), "The height is 1000000 pixels");
    expectSentence(generate("--width", -1), "The width is -1 pixels");
  }

  @Test
  void impossibleSettings() {
    expectSentence(generate("--images-per-prompt", 0), "pictures per prompt is 0");
    expectSentence(generate("--guidance", "NaN"), "guidance is NaN");
    expectSentence(generate("--decoder-guidance", -1), "decoder guidance is -1.0");
    expectSentence(generate("--threads", 0), "number of threads is 0");
    expectSentence(
        Run.of("generate", "a fox", "--steps", 0, "--model", model), "number of steps is 0");
    expectSentence(
        Run.of("generate", "a fox", "--timesteps", "1,0.5", "--model", model), "must end at 0");
    expectSentence(Run.of("generate", "a fox", "--timesteps", "1,x", "--model", model), "\"x\"");
  }

  @Test
  void noGpu() {
    org.junit.jupiter.api.Assumptions.assumeFalse(dev.currywurst.tensor.Engine.hasCuda());
    expectSentence(generate("--device", "cuda"), "-Pcuda");
  }

  @Test
  void numbersThatAreNotFinite() {
    Path weights = model.resolve("prior/prior").resolve(WEIGHTS);
    change(
        weights,
        tensors -> {
          tensors.computeIfPresent(
              "out.1.bias", (name, bias) -> Tensor.full(Double.NaN, DType.FLOAT32, bias.shape()));
          return tensors;
        });
    expectSentence(generate(), "Stage C gave values that are not finite at step 1 of 2");
  }

  @Test
  void folderThatCannotBe() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    expectSentence(
        Run.of("generate", "a fox", "--model", model, "--output-dir", file), "is a file");
    expectSentence(
        Run.of("generate", "a fox", "--model", model, "-o", folder.resolve("no/fox.png")),
        "There is no folder " + folder.resolve("no"));
  }

  /** As a full disk does, {@code /proc} fails at the last moment: when the file is written. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void fileThatCannotBeWritten() {
    Run run =
        Run.of(
            "generate",
            "a fox",
            "--model",
            model,
            "--width 128 --height 128 --steps 1 --decoder-steps 1 -o /proc/fox.png --quiet");
    expectSentence(run, "/proc");
  }

  private static void change(Path weights, UnaryOperator<Map<String, Tensor>> changing) {
    try (Scope scope = Scope.open()) {
      WeightFile file = WeightFile.open(weights);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      file.names().forEach(name -> tensors.put(name, file.tensor(name)));
      SafetensorsWriter.write(weights, changing.apply(tensors));
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
