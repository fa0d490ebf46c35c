package dev.currywurst.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.testkit.Fixtures;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a caller sees of the pipeline, on a small model with random weights. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WuerstchenPipelineTest {
  private static final GenerationRequest SMALL =
      GenerationRequest.of("a small green dragon")
          .withSize(128, 128)
          .withSteps(3)
          .withDecoderSteps(2)
          .withSeed(40);

  private final ModelFolder model = ModelFolder.open(Fixtures.wuerstchen());
  private WuerstchenPipeline pipeline;

  @BeforeAll
  void load() {
    pipeline =
        WuerstchenPipeline.of(
            model, PipelineOptions.standard().withType(DType.FLOAT32).withKeepLoaded(true));
  }

  @AfterAll
  void close() {
    pipeline.close();
  }

  private static int largestDifference(Image a, Image b) {
    byte[] x = a.rgb();
    byte[] y = b.rgb();
    assertThat(x).hasSameSizeAs(y);
    int largest = 0;
    for (int i = 0; i < x.length; i++) {
      largest = Math.max(largest, Math.abs((x[i] & 0xff) - (y[i] & 0xff)));
    }
    return largest;
  }

  @Test
  void batchPaintsThePicturesOfSingleCalls() {
    GenerationRequest request =
        GenerationRequest.of("a small green dragon", "a red fish")
            .withNegativePrompts("blurry", "dark")
            .withImagesPerPrompt(2)
            .withSize(128, 128)
            .withSteps(3)
            .withDecoderSteps(2)
            .withDecoderGuidance(1.5)
            .withSeed(40);
    GenerationResult together = pipeline.generate(request);

    assertThat(together.images()).hasSize(4);
    for (GeneratedImage image : together.images()) {
      GenerationRequest alone =
          SMALL.withNegativePrompts(image.negativePrompt()).withDecoderGuidance(1.5);
      GenerationResult single =
          pipeline.generate(
              new GenerationRequest(
                  List.of(image.prompt()),
                  alone.negativePrompts(),
                  1,
                  image.seed(),
                  alone.timesteps(),
                  alone.decoderTimesteps(),
                  alone.guidance(),
                  alone.decoderGuidance(),
                  alone.width(),
                  alone.height()));
      assertThat(largestDifference(image.image(), single.image())).isLessThanOrEqualTo(1);
    }
    assertThat(together.images())
        .extracting(GeneratedImage::prompt)
        .containsExactly(
            "a small green dragon", "a small green dragon", "a red fish", "a red fish");
    assertThat(together.images())
        .extracting(GeneratedImage::negativePrompt)
        .containsExactly("blurry", "blurry", "dark", "dark");
    assertThat(together.images())
        .extracting(GeneratedImage::seed)
        .containsExactly(40L, 41L, 42L, 43L);
    assertThat(
            largestDifference(together.images().get(0).image(), together.images().get(1).image()))
        .isGreaterThan(20);
  }

  @Test
  void smallBatchesPaintWhatOneLargeBatchPaints() {
    GenerationRequest three = SMALL.withImagesPerPrompt(3);
    GenerationResult together = pipeline.generate(three);
    PipelineOptions oneByOne =
        PipelineOptions.standard().withType(DType.FLOAT32).withBatchPixels(1);
    try (WuerstchenPipeline small = WuerstchenPipeline.of(model, oneByOne)) {
      GenerationResult single = small.generate(three);
      for (int k = 0; k < 3; k++) {
        assertThat(
                largestDifference(together.images().get(k).image(), single.images().get(k).image()))
            .isLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  void anySizeIsCutFromTheMiddleOfAValidOne() {
    GenerationResult whole = pipeline.generate(SMALL);
    GenerationResult part = pipeline.generate(SMALL.withSize(100, 61));

    assertThat(part.image()).isEqualTo(whole.image().crop(14, 33, 100, 61));
    assertThat(part.geometry().painted()).isEqualTo(new PictureSize(128, 128));
    assertThat(part.notices())
        .containsExactly(
            "This model cannot paint 100x61 pixels; 128x128 were painted and the centre cut out.");
    assertThat(whole.notices()).isEmpty();
  }

  @Test
  void withoutASizeTheModelsOwnIsPainted() {
    assertThat(model.numbers().size()).isEqualTo(new PictureSize(1024, 1024));
  }

  @Test
  void tellsWhatWasCutFromAPrompt() {
    GenerationResult result =
        pipeline.generate(
            new GenerationRequest(
                List.of("word ".repeat(75) + "and the rest"),
                List.of(),
                1,
                0,
                SMALL.timesteps(),
                SMALL.decoderTimesteps(),
                4,
                0,
                SMALL.width(),
                SMALL.height()));
    assertThat(result.notices())
        .containsExactly(
            "A prompt is longer than the 77 tokens that the text tower reads; cut off was: and the rest");
  }

  @Test
  void listenerHearsEveryStepAndSeesPreviews() {
    List<String> steps = new ArrayList<>();
    List<Component> loaded = new ArrayList<>();
    List<Integer> finished = new ArrayList<>();
    try (WuerstchenPipeline fresh =
        WuerstchenPipeline.of(model, PipelineOptions.standard().withType(DType.FLOAT32))) {
      fresh.generate(
          SMALL.withImagesPerPrompt(2),
          new GenerationListener() {
            @Override
            public void step(GenerationStep step) {
              steps.add(step.toString());
              assertThat(step.remaining().isNegative()).isFalse();
              assertThat(step.pictures()).isEqualTo(2);
              assertThat(step.previews())
                  .hasSize(2)
                  .allSatisfy(
                      preview -> {
                        assertThat(preview.width()).isEqualTo(3);
                        assertThat(preview.height()).isEqualTo(3);
                      });
            }

            @Override
            public void loading(Component component) {
              loaded.add(component);
            }

            @Override
            public void finished(GeneratedImage image) {
              finished.add(image.index());
            }
          });
    }
    assertThat(steps)
        .containsExactly(
            "Stage C, step 1 of 3",
            "Stage C, step 2 of 3",
            "Stage C, step 3 of 3",
            "Stage B, step 1 of 2",
            "Stage B, step 2 of 2",
            "Stage A, step 1 of 1");
    assertThat(loaded)
        .containsExactly(
            Component.PRIOR_TEXT_ENCODER,
            Component.PRIOR,
            Component.DECODER_TEXT_ENCODER,
            Component.DECODER,
            Component.VQGAN);
    assertThat(finished).containsExactly(0, 1);
  }

  @Test
  void cancellingEndsAfterTheStepAndFreesEverything() {
    pipeline.generate(SMALL); // everything is loaded
    long before = Scope.liveTensors();
    List<GenerationStep> steps = new ArrayList<>();
    assertThatThrownBy(
            () ->
                pipeline.generate(
                    SMALL,
                    step -> {
                      steps.add(step);
                      if (steps.size() == 2) {
                        step.cancel();
                      }
                    }))
        .isInstanceOf(GenerationCancelledException.class)
        .hasMessage("The generation was cancelled after Stage C, step 2 of 3.");
    assertThat(steps).hasSize(2);
    assertThat(Scope.liveTensors()).isEqualTo(before);
  }

  @Test
  void generatingAgainAndAgainKeepsNothing() {
    pipeline.generate(SMALL);
    long before = Scope.liveTensors();
    for (int i = 0; i < 5; i++) {
      pipeline.generate(SMALL);
    }
    assertThat(Scope.liveTensors()).isEqualTo(before);
    try (WuerstchenPipeline fresh =
        WuerstchenPipeline.of(model, PipelineOptions.standard().withType(DType.FLOAT32))) {
      fresh.generate(SMALL);
    }
    assertThat(Scope.liveTensors()).isEqualTo(before);
  }

  @Test
  void halfPrecisionPaintsNearlyTheSame() {
    // Torch draws the same numbers in all types where there are 16, 32, 48 ... of them.
    GenerationRequest request = SMALL.withSize(256, 256).withGuidance(1);
    GenerationResult exact = pipeline.generate(request);
    for (DType type : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
      try (WuerstchenPipeline half =
          WuerstchenPipeline.of(model, PipelineOptions.standard().withType(type))) {
        GenerationResult rounded = half.generate(request);
        assertThat(rounded.priorType()).isEqualTo(type);
        assertThat(psnr(rounded.image(), exact.image())).as("PSNR in %s", type).isGreaterThan(30);
      }
    }
  }

  private static double psnr(Image a, Image b) {
    byte[] x = a.rgb();
    byte[] y = b.rgb();
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += Math.pow((x[i] & 0xff) - (y[i] & 0xff), 2);
    }
    return 10 * Math.log10(255 * 255 / (sum / x.length));
  }

  @Test
  void decodesWhatItGenerated() {
    GenerationResult generated = pipeline.generate(SMALL.withGuidance(0));
    StageCLatents latents = generated.images().get(0).latents();
    DecodingRequest request =
        DecodingRequest.standard().withPrompt("a small green dragon").withSteps(2).withSeed(40);
    Image decoded = pipeline.decode(latents, request);

    assertThat(decoded.width()).isEqualTo(128);
    // Stage B's noise begins with the seed here, and after Stage C's there: two other pictures.
    assertThat(largestDifference(decoded, generated.image())).isGreaterThan(5);
    assertThat(pipeline.decode(latents, request)).isEqualTo(decoded);
  }

  @Test
  void encodesPicturesOfAnySize() {
    Image picture = pipeline.generate(SMALL.withSize(128, 256)).image();
    assertThat(pipeline.encode(picture).grid()).hasToString("[4, 6, 3]");
    StageCLatents odd = pipeline.encode(picture.crop(0, 0, 100, 200));
    assertThat(odd.grid()).hasToString("[4, 6, 3]");
    assertThat(pipeline.decode(odd, DecodingRequest.standard().withSteps(1)).height())
        .isEqualTo(256);
  }

  @Test
  void refusesLatentsOfAnotherModel() {
    StageCLatents channels = new StageCLatents(LatentGrid.of(16, 3, 3, new float[16 * 9]));
    assertThatThrownBy(() -> pipeline.decode(channels, DecodingRequest.standard()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("have 16 channels where this model's Stage B takes 4");
    StageCLatents size = new StageCLatents(LatentGrid.of(4, 4, 3, new float[4 * 12]));
    assertThatThrownBy(() -> pipeline.decode(size, DecodingRequest.standard()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("Stage C latents of 3x4 lead to a Stage B latent of 32x42");
  }

  @Test
  void namesStageAndStepOfValuesThatAreNotFinite() {
    StageCLatents broken =
        new StageCLatents(LatentGrid.of(4, 3, 3, filled(new float[4 * 9], Float.NaN)));
    assertThatThrownBy(() -> pipeline.decode(broken, DecodingRequest.standard().withSteps(3)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("Stage B gave values that are not finite at step 1 of 3");
  }

  private static float[] filled(float[] values, float value) {
    java.util.Arrays.fill(values, value);
    return values;
  }
}
