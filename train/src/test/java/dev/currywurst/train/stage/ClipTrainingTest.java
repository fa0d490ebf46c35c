package dev.currywurst.train.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.clip.ClipModel;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.TrainingListener;
import dev.currywurst.train.TrainingRun;
import dev.currywurst.train.TrainingSettings;
import dev.currywurst.train.testing.TinyRun;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClipTrainingTest {
  @TempDir private Path folder;

  /** Boxes in five colours, of which captions name the colour and the width. */
  @Test
  void learnsWhichCaptionBelongsToAPicture() throws IOException {
    TinyRun tiny = new TinyRun(folder).withPictures(150);
    ObjectNode config = TinyRun.config();
    ObjectNode own = config.withObject("/clip");
    own.putObject("text_encoder")
        .put("hidden_size", 32)
        .put("num_hidden_layers", 1)
        .put("num_attention_heads", 2);
    own.putObject("vision_encoder")
        .put("hidden_size", 32)
        .put("num_hidden_layers", 1)
        .put("num_attention_heads", 2)
        .put("patch_size", 8);
    own.putObject("objective").put("projection_dim", 16).put("shift", 0.05);
    own.putObject("data").put("held_out", 0.3);
    own.putObject("training").put("lr_warmup_steps", 10).put("checkpointing_steps", 1000);
    TrainingRun.Request small =
        tiny.request(StageName.CLIP, folder.resolve("clip"), Optional.empty(), 120, config);
    TrainingRun.Request request =
        TinyRun.with(small, new TrainingSettings.Given(120, 24, 3e-3, 7, DType.FLOAT32));
    Map<String, Double> figures = new LinkedHashMap<>();
    try (TrainingRun run = TrainingRun.open(request)) {
      Path model =
          run.train(
                  new TrainingListener() {
                    @Override
                    public void evaluated(long step, Map<String, Double> found) {
                      figures.putAll(found);
                    }
                  })
              .orElseThrow();
      try (ClipModel clip = ClipModel.load(model)) {
        assertThat(clip.dimension()).isEqualTo(16);
      }
    }
    // By chance a twentieth. The colour alone, which comes first, leaves about four captions.
    assertThat(figures.get("text_top1")).as(figures.toString()).isGreaterThan(0.15);
    assertThat(figures.get("picture_top1")).as(figures.toString()).isGreaterThan(0.15);
    assertThat(folder.resolve("clip/evaluation/step-00000120/captions.png")).isNotEmptyFile();
  }

  @Test
  void theLossIsTheSymmetricCrossEntropy() {
    try (Scope scope = Scope.open()) {
      Tensor pictures = Tensor.of(new float[] {2, 0, 0, 3}, 2, 2);
      Tensor texts = Tensor.of(new float[] {1, 0, 3, 4}, 2, 2);
      Tensor scale = Tensor.full(Math.log(2), DType.FLOAT32);
      // Cosines [[1, 0.6], [0, 0.8]], doubled.
      double byPicture = crossEntropy(2, 1.2) + crossEntropy(1.6, 0);
      double byText = crossEntropy(2, 0) + crossEntropy(1.6, 1.2);
      assertThat(ContrastiveLoss.of(pictures, texts, scale, List.of("a", "b")).item())
          .isCloseTo((byPicture + byText) / 4, within(1e-6));
    }
  }

  private static double crossEntropy(double right, double wrong) {
    return Math.log(Math.exp(right) + Math.exp(wrong)) - right;
  }

  /** Two pictures of one caption can do no better than to share it. */
  @Test
  void equalCaptionsAreRightForEachOther() {
    try (Scope scope = Scope.open()) {
      Tensor same = Tensor.of(new float[] {1, 0, 1, 0}, 2, 2);
      Tensor scale = Tensor.full(Math.log(100), DType.FLOAT32);
      assertThat(ContrastiveLoss.of(same, same, scale, List.of("a", "a")).item())
          .isCloseTo(Math.log(2), within(1e-5));
      Tensor other = Tensor.of(new float[] {1, 0, -1, 0}, 2, 2);
      assertThat(ContrastiveLoss.of(other, other, scale, List.of("a", "a")).item())
          .isGreaterThan(50);
      assertThat(ContrastiveLoss.of(other, other, scale, List.of("a", "b")).item())
          .isCloseTo(0, within(1e-5));
    }
  }

  @Test
  void squaresMustFitThePicture() {
    assertThatThrownBy(
            () ->
                StageRecipe.read(
                    new RunConfig(
                        ConfigFile.of("small.json", ConfigFile.newObject()), StageName.CLIP),
                    100,
                    Optional.empty(),
                    folder))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("give a multiple of 16");
  }
}
