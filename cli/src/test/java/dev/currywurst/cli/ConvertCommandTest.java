package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelWriter;
import dev.currywurst.pipeline.PictureSize;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.weights.SafetensorsWriter;
import dev.currywurst.weights.StoredType;
import dev.currywurst.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The small model's Stage C as Würstchen's authors would have saved it, and back. */
class ConvertCommandTest {
  private static final Path MODEL = Fixtures.wuerstchen();
  private static final Path STAGE_C = MODEL.resolve("prior/prior");
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  @TempDir Path folder;
  private Path checkpoint = Path.of("");
  private Path output = Path.of("");

  @BeforeEach
  void saveAsTheAuthorsDid() {
    checkpoint = folder.resolve("stage_c.safetensors");
    output = folder.resolve("model");
    try (Scope scope = Scope.open()) {
      WeightFile file = WeightFile.open(STAGE_C.resolve(WEIGHTS));
      Map<String, Tensor> original = new LinkedHashMap<>();
      for (String name : file.names()) {
        String section = "ema_state_dict.";
        if (name.contains(".to_q.")) {
          original.put(
              section + name.replace("to_q.", "attn.in_proj_"),
              Tensor.cat(
                  List.of(
                      file.tensor(name),
                      file.tensor(name.replace("to_q", "to_k")),
                      file.tensor(name.replace("to_q", "to_v"))),
                  0));
        } else if (!name.contains(".to_k.") && !name.contains(".to_v.")) {
          original.put(section + name.replace("to_out.0", "attn.out_proj"), file.tensor(name));
        }
      }
      SafetensorsWriter.write(checkpoint, original);
    }
  }

  private Run convert(Object... more) {
    return Run.of(
        List.of(
            "convert", checkpoint, "--output", output, "--config", STAGE_C.resolve("config.json")),
        more);
  }

  @Test
  void makesAModelThatPaintsTheSame() {
    Run run = convert("--base", MODEL);
    assertThat(run.err()).contains("Stage C from " + checkpoint, "Stage B from");
    assertThat(run.exitCode()).isZero();
    assertThat(output.resolve("prior/prior").resolve(WEIGHTS))
        .hasSameBinaryContentAs(STAGE_C.resolve(WEIGHTS));

    assertThat(Run.of("inspect", output).out()).contains("It can generate.");
    Path converted = paint(output);
    assertThat(converted).hasSameBinaryContentAs(paint(MODEL));
  }

  private Path paint(Path model) {
    Path file = folder.resolve(model.getFileName() + ".png");
    Run run =
        Run.of(
            "generate",
            "a fox",
            "--model",
            model,
            "--width 128 --height 128 --steps 2 --decoder-steps 1 --seed 5 --no-metadata -o",
            file);
    assertThat(run.exitCode()).as(run.err()).isZero();
    return file;
  }

  @Test
  void keepsPartsThatAreThere() {
    assertThat(convert().exitCode()).isZero();
    Run again = convert();
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).contains("has a Stage C already", "--force");
    assertThat(convert("--force").exitCode()).isZero();
  }

  @Test
  void halvesTheMatricesOfAModel() {
    Run run = Run.of("convert", "--base", MODEL, "--dtype", "bfloat16", "--output", output);
    assertThat(run.exitCode()).isZero();
    WeightFile whole = WeightFile.open(STAGE_C.resolve(WEIGHTS));
    WeightFile half = WeightFile.open(output.resolve("prior/prior").resolve(WEIGHTS));
    assertThat(half.names()).isEqualTo(whole.names());
    for (String name : half.names()) {
      boolean isMatrix = half.entry(name).shape().size() > 1;
      assertThat(half.entry(name).type()).isEqualTo(isMatrix ? StoredType.BF16 : StoredType.F32);
      assertThat(half.entry(name).shape()).isEqualTo(whole.entry(name).shape());
    }
    assertThat(ModelFolder.open(output).geometry()).isEqualTo(ModelFolder.open(MODEL).geometry());
    paint(output);

    assertThat(Run.of("convert", "--output", output).err()).contains("nothing to convert");
    assertThat(convert("--dtype", "float16").err()).contains("--dtype is for the parts of --base");
    assertThat(Run.of("convert", "--base", MODEL, "--dtype", "half", "--output", output).err())
        .contains("The --dtype half is not known");
  }

  @Test
  void refusesOtherSizesAndOtherFiles() {
    Run published = Run.of("convert", checkpoint, "--output", output);
    assertThat(published.exitCode()).isEqualTo(1);
    assertThat(published.err()).contains("has shape");

    Path tower = MODEL.resolve("prior/text_encoder/model.safetensors");
    Run other = Run.of("convert", tower, "--output", output);
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.err()).contains("holds no network of Würstchen");

    Run twice = Run.of("convert", checkpoint, STAGE_C.resolve(WEIGHTS), "--output", output);
    assertThat(twice.err()).contains("both hold a Stage C");
  }

  @Test
  void aPartOfTheBaseIsKeptOrReplacedAsAsked() throws IOException {
    assertThat(Run.of("convert", "--base", MODEL.resolve("decoder"), "--output", output).exitCode())
        .isZero();
    Run kept = convert("--base", MODEL);
    assertThat(kept.exitCode()).as(kept.err()).isZero();
    assertThat(kept.err())
        .contains("Stage B is there already and kept", "text tower of Stage C from");

    // As a copy leaves it that failed.
    Files.delete(output.resolve("decoder/decoder").resolve(WEIGHTS));
    Run again = Run.of("convert", "--base", MODEL, "--output", output);
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).contains("has a Stage B that is not whole", "--force");
    Run forced = Run.of("convert", "--base", MODEL, "--output", output, "--force");
    assertThat(forced.exitCode()).as(forced.err()).isZero();
    assertThat(forced.err()).contains("Stage B from").doesNotContain("kept");
    assertThat(Run.of("inspect", output).out()).contains("It can generate.");
  }

  @Test
  void sizesAndScalesStayThoseOfTheModel() {
    convert("--base", MODEL);
    ModelWriter.Geometry own =
        new ModelWriter.Geometry(3.5, -0.25, 5.33, 21.33, new PictureSize(128, 128));
    new ModelWriter(output).index(own);
    Run run = convert("--force");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(ModelFolder.open(output).geometry()).isEqualTo(own);
    Run.of("convert", "--base", MODEL, "--output", output);
    assertThat(ModelFolder.open(output).geometry()).isEqualTo(own);
    // Whose parts they are, whose numbers.
    Run.of("convert", "--base", MODEL, "--output", output, "--force");
    assertThat(ModelFolder.open(output).geometry()).isEqualTo(ModelFolder.open(MODEL).geometry());
  }

  @Test
  void copiesAClip() {
    Path clip = Fixtures.path("clip").resolve("model");
    Run run = Run.of("convert", "--base", clip, "--dtype", "bfloat16", "--output", output);
    assertThat(run.exitCode()).as(run.err()).isZero();
    Run again = Run.of("convert", "--base", clip, "--output", output);
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).contains("is not empty", "--force");

    Path copy = folder.resolve("copy");
    assertThat(Run.of("convert", "--base", output, "--output", copy).exitCode()).isZero();
    WeightFile weights = WeightFile.open(copy.resolve("model.safetensors"));
    assertThat(weights.names())
        .allSatisfy(
            name -> assertThat(weights.entry(name).type()).as(name).isEqualTo(StoredType.BF16));
  }

  @Test
  void refusesAConfigurationOfNothing() {
    Path config = STAGE_C.resolve("config.json");
    for (Path base : List.of(MODEL, Fixtures.path("clip").resolve("model"))) {
      Run run = Run.of("convert", "--base", base, "--config", config, "--output", output);
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err()).contains("--config describes the network of a checkpoint");
      assertThat(output).doesNotExist();
    }
  }
}
