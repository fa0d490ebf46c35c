package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Image;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.train.testing.TinyRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {
  @TempDir private Path folder;
  private TinyRun tiny;

  @BeforeEach
  void pictures() throws IOException {
    tiny = new TinyRun(folder).withPictures(20);
  }

  @Test
  void threeStagesMakeAModelThatPaints() {
    Path model = tiny.wholeModel(6);
    try (WuerstchenPipeline pipeline =
        WuerstchenPipeline.of(
            ModelFolder.open(model), PipelineOptions.standard().withType(DType.FLOAT32))) {
      GenerationRequest request =
          GenerationRequest.of("a red box").withSteps(3).withDecoderSteps(2).withSeed(1);
      Image picture = pipeline.generate(request).image();
      assertThat(picture.width()).isEqualTo(TinyRun.RESOLUTION);
      assertThat(picture.height()).isEqualTo(TinyRun.RESOLUTION);
    }
  }
}
