package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.weights.WeightFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The test kit's model on coloured squares. */
class FinetuneCommandTest {
  private static final String WEIGHTS = "prior/prior/diffusion_pytorch_model.safetensors";

  @TempDir Path folder;
  private Path data = Path.of("");

  @BeforeEach
  void paintSquares() throws IOException {
    data = Files.createDirectory(folder.resolve("data"));
    for (int i = 0; i < 12; i++) {
      Png.write(Image.filled(8, 8, new Rgb(20 * i, 255 - 20 * i, 8 * i)), data.resolve(i + ".png"));
      Files.writeString(data.resolve(i + ".txt"), "square " + i);
    }
  }

  private Run finetune(Path output, Object... more) {
    List<Object> words = new ArrayList<>();
    words.addAll(List.of("finetune", "--model", Fixtures.wuerstchen(), "--data", data));
    words.addAll(List.of("--output", output, "--resolution 128 --mixed-precision no"));
    words.add("--validation-pictures 0 --held-out 0.3");
    words.addAll(List.of(more));
    return Run.of(words);
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(file));
  }

  @Test
  void writesTheAverageAndTheLiveWeights() throws IOException {
    Path output = folder.resolve("tuned");
    Run run =
        finetune(
            output,
            "--max_train_steps=4 --train_batch_size 2 --learning_rate=1e-3 --adam_weight_decay 0",
            "--train attention --blend-with-base 0.5 --seed 3");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.files()).containsExactly(output.resolve("model"));
    assertThat(run.err())
        .containsPattern("Training for 4 steps of 2, \\d\\.\\d times through \\d+ pictures\\.")
        .containsPattern("Training [\\d,]+ of [\\d,]+ numbers, in \\d+ weights; the others stay")
        .contains("Held out, step 0: live_loss ", "finetune  4/4")
        .containsPattern(
            "Held-out loss: \\S+ before, \\S+ after \\(\\S+ without the average\\)\\.");
    assertThat(output.resolve("model-live").resolve(WEIGHTS)).isNotEmptyFile();
    assertThat(output.resolve("model-blend").resolve(WEIGHTS)).isNotEmptyFile();
    assertThat(
            Files.mismatch(
                output.resolve("model").resolve(WEIGHTS),
                output.resolve("model-live").resolve(WEIGHTS)))
        .isNotNegative();

    JsonNode settings = json(output.resolve("run.json")).path("run");
    assertThat(settings.at("/objective/train").toString()).isEqualTo("[\"attention\"]");
    assertThat(settings.at("/training/adam_weight_decay").asDouble()).isZero();
    assertThat(settings.at("/training/learning_rate").asDouble()).isEqualTo(1e-3);
    assertThat(settings.at("/training/ema_ramp").asText()).isEqualTo("constant");
    assertThat(settings.at("/training/ema_decay").asDouble()).isEqualTo(1 - 1.5 / 4);
    assertThat(json(output.resolve("model/prior/prior/config.json")).path("_ema_updates").asInt())
        .isEqualTo(4);
  }

  @Test
  void tellsWhatItWouldTakeAndKeepsNothing() {
    Path output = folder.resolve("tuned");
    Run run = finetune(output, "--steps 1000 --batch-size 2 --estimate --hardware-watts 100");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .containsPattern("About \\d\\.\\d GB of memory: weights \\d\\.\\d\\d, gradients ")
        .containsPattern("About .*: 1000 steps of \\d+\\.\\d\\d s\\.")
        .containsPattern("About .*Wh and .*g of CO2 equivalents \\(100 W for .*, 432 g a kWh\\)");
    assertThat(output).doesNotExist();

    assertThat(finetune(output, "--steps 2 --estimate --class-prompt", "a square").err())
        .contains("Class pictures are painted before the first step");
    assertThat(finetune(output, "--steps 2 --hardware-watts 0").err())
        .contains("The hardware draws 0.0 watts (hardware_watts); give a number above 0");
  }

  /**
   * Long enough for an estimate by the first steps; and what it took in the end is written down.
   */
  @Test
  void tellsTheEnergyThatItTook() throws IOException {
    Path output = folder.resolve("tuned");
    Run run = finetune(output, "--steps 24 --batch-size 1 --carbon-intensity 50");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err())
        .containsPattern("About .*: 14 steps of .* CO2 equivalents \\(65 W for .*, 50 g a kWh");
    JsonNode energy = json(output.resolve("provenance.json")).path("energy");
    assertThat(energy.path("energy_kwh").asDouble())
        .isEqualTo(65 * energy.path("hours_used").asDouble() / 1000);
    assertThat(output.resolve("model/README.md")).content().contains("- Energy: about ");
  }

  /**
   * Without --model and --data: a run knows its own. A bare --resume means the newest checkpoint.
   */
  @Test
  void isJudgedByWhatItHeldBack() throws IOException {
    Path output = folder.resolve("tuned");
    assertThat(finetune(output, "--steps 1 --batch-size 2 --resume").err())
        .contains("There is no checkpoint to resume from");
    assertThat(finetune(output, "--steps 1 --batch-size 2").exitCode()).isZero();
    assertThat(finetune(output, "--steps 1 --batch-size 2 --resume").exitCode()).isZero();

    Path evaluated = folder.resolve("evaluated");
    Run run =
        Run.of(
            "evaluate",
            "--steps 1 --decoder-steps 1 --dtype float32 --count 2 --run",
            output,
            "--output",
            evaluated);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("real", "before", "EMA", "live");
    JsonNode pictures = json(evaluated.resolve("evaluation.json")).at("/results/EMA/pictures");
    assertThat(pictures)
        .hasSize(2)
        .allSatisfy(
            one -> {
              assertThat(one.path("prompt").asText()).startsWith("square ");
            });
  }

  /** Patterns choose among the layers that a LoRA adapts, too. */
  @Test
  void aLoraLearnsInTheChosenLayersAlone() {
    Path output = folder.resolve("tuned");
    Run run = finetune(output, "--steps 1 --batch-size 2 --rank 2 --train /to_q/");
    assertThat(run.exitCode()).as(run.err()).isZero();
    WeightFile lora = WeightFile.open(output.resolve("lora/pytorch_lora_weights.safetensors"));
    assertThat(lora.names()).isNotEmpty().allMatch(name -> name.contains("to_q"));
  }

  /** Whoever averages a LoRA and keeps both gets files of both. */
  @Test
  void aLoraCanBeAveragedToo() {
    Path output = folder.resolve("tuned");
    Run run = finetune(output, "--steps 2 --batch-size 2 --rank 2 --ema-decay 0.5 --save both");
    assertThat(run.exitCode()).as(run.err()).isZero();
    String file = "pytorch_lora_weights.safetensors";
    assertThat(output.resolve("lora-live").resolve(file))
        .isNotEmptyFile()
        .matches(live -> !sameBytes(live, output.resolve("lora").resolve(file)));
  }

  private static boolean sameBytes(Path one, Path other) {
    try {
      return Files.mismatch(one, other) < 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void writesALoraBesideTheModelThatHasItInIt() {
    Path output = folder.resolve("tuned");
    Run run =
        finetune(
            output,
            "--steps 2 --batch-size 2 --rank 2 --lora-dialects diffusers,kohya --lora-alpha 4",
            "--validation_prompts",
            "a red square",
            "a blue one",
            "--checkpoints_total_limit 1 --gradient_checkpointing --snr_gamma 5 --noise_offset 0.1"
                + " --optimizer adafactor --no-use-ema");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).containsPattern("Training [\\d,]+ numbers of a LoRA beside [\\d,]+, in ");
    assertThat(output.resolve("lora/pytorch_lora_weights.safetensors")).isNotEmptyFile();
    assertThat(output.resolve("lora/kohya.safetensors")).isNotEmptyFile();
    assertThat(output.resolve("samples")).isNotEmptyDirectory();
    assertThat(output.resolve("model").resolve(WEIGHTS)).isNotEmptyFile();
    assertThat(output.resolve("model-live")).doesNotExist();
  }

  /** Painting them takes hours at the published size. */
  @Test
  void paintsClassPicturesOnlyForARunThatMayBegin() {
    Path output = folder.resolve("tuned");
    String settings = "--steps 1 --batch-size 2 --num-class-images 2 --class-prompt";
    assertThat(finetune(output, "--resume", settings, "a square").err())
        .contains("There is no checkpoint to resume from");
    assertThat(output.resolve("class")).doesNotExist();
    Run run = finetune(output, settings, "a square");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err())
        .contains("Painting 2 pictures of \"a square\" into " + output.resolve("class") + ".");
    Path others = folder.resolve("others");
    assertThat(finetune(output, "--seed 4 --class-data-dir", others, settings, "a square").err())
        .contains("belongs to another run: training.seed");
    assertThat(others).doesNotExist();
  }

  /** What counts is the option, then the file, then the default. */
  @Test
  void takesSettingsFromAFileToo() throws IOException {
    Path file = folder.resolve("settings.json");
    Files.writeString(
        file,
        """
        {"training": {"max_train_steps": 2, "train_batch_size": 2, "use_ema": false,
                      "validation_at_start": false, "learning_rate": 0.5, "save": "live"},
         "objective": {"loss_weighting": "plain"}}
        """);
    Path output = folder.resolve("tuned");
    Run run = finetune(output, "--learning-rate 1e-5 --config", file);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).contains("Training for 2 steps").doesNotContain("step 0");
    JsonNode settings = json(output.resolve("run.json")).path("run");
    assertThat(settings.at("/training/learning_rate").asDouble()).isEqualTo(1e-5);
    assertThat(settings.at("/training/ema_decay").asDouble()).isZero();
    assertThat(settings.at("/objective/loss_weighting").asText()).isEqualTo("plain");
    assertThat(output.resolve("model-live")).doesNotExist();
  }

  @Test
  void refusesOptionsWithoutMeaningInOneSentence() {
    for (String option : DiffusersSpelling.refused()) {
      Run run =
          finetune(folder.resolve("tuned"), option.replace('-', '_').replaceFirst("__", "--"));
      assertThat(run.exitCode()).as(option).isEqualTo(2);
      assertThat(run.err().lines().findFirst().orElseThrow())
          .matches(option + " has no meaning here: .*\\.");
    }
    assertThat(folder.resolve("tuned")).doesNotExist();
  }

  @Test
  void tellsWhatIsWrong() throws IOException {
    Path output = folder.resolve("tuned");
    expect(
        finetune(output, "--train blocks.*.attention,nothing.*"), "No weight is called nothing.*");
    expect(finetune(output, "--train /(/"), "/(/ is no regular expression");
    expect(finetune(output, "--mixed-precision"), 2, "--mixed-precision");
    expect(finetune(output, "--steps 0"), "max_train_steps is 0");
    expect(finetune(output, "--ema-decay 1"), "(ema_decay) is 1.0");
    expect(finetune(output, "--save all"), "use live, ema, both");
    expect(finetune(output, "--train-batch-size x"), 2, "'x' is not a whole number");
    assertThat(output).as("what was refused leaves nothing").doesNotExist();
  }

  private static void expect(Run run, String part) {
    expect(run, 1, part);
    List<String> told = run.err().lines().filter(line -> !line.startsWith("Training for")).toList();
    assertThat(told).as(run.err()).hasSize(1);
  }

  private static void expect(Run run, int code, String part) {
    assertThat(run.err()).contains(part);
    assertThat(run.exitCode()).isEqualTo(code);
  }
}
