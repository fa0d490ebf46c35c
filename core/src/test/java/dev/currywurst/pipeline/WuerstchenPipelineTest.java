package dev.currywurst.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.testing.Folders;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

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
      GenerationResult single = pipeline.generate(request.only(image.index()));
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
    assertThat(model.naturalSize()).isEqualTo(new PictureSize(1024, 1024));
  }

  @Test
  void tellsWhatWasCutFromAPrompt() {
    GenerationResult result =
        pipeline.generate(SMALL.withPrompts(List.of("word ".repeat(75) + "and the rest")));
    assertThat(result.notices())
        .containsExactly(
            "A prompt is longer than the 77 tokens that the text towers read; cut off was: and the rest");
  }

  @Test
  void tellsWhatWasCutForStageBAlone() {
    List<String> notices = new ArrayList<>();
    pipeline.decode(
        new StageCLatents(LatentGrid.of(4, 3, 3, new float[4 * 9])),
        DecodingRequest.standard().withPrompt("word ".repeat(75) + "and the rest").withSteps(1),
        new GenerationListener() {
          @Override
          public void step(GenerationStep step) {}

          @Override
          public void notice(String sentence) {
            notices.add(sentence);
          }
        });
    assertThat(notices)
        .containsExactly(
            "A prompt is longer than the 77 tokens that the text tower of Stage B reads; cut off was: and the rest");
  }

  /** Hears of pictures as they are finished, and ends the call when so many are. */
  private record FirstPictures(int wanted, List<GeneratedImage> painted, List<String> loaded)
      implements GenerationListener {
    FirstPictures(int wanted) {
      this(wanted, new ArrayList<>(), new ArrayList<>());
    }

    @Override
    public void step(GenerationStep step) {
      if (painted.size() == wanted) {
        step.cancel();
      }
    }

    @Override
    public void loading(Component component) {
      loaded.add(component.key());
    }

    @Override
    public void painted(GeneratedImage image) {
      painted.add(image);
    }
  }

  /** 18 pictures, one a batch, are a chunk of 16 and one of two. */
  @Test
  void manyPicturesGoThroughTheStagesInChunks() {
    GenerationRequest many =
        SMALL
            .withPrompts(List.of("a small green dragon", "a red fish"))
            .withImagesPerPrompt(9)
            .withSteps(1)
            .withDecoderSteps(1);
    PipelineOptions oneByOne =
        PipelineOptions.standard().withType(DType.FLOAT32).withBatchPixels(1);
    List<String> steps = new ArrayList<>();
    try (WuerstchenPipeline small = WuerstchenPipeline.of(model, oneByOne)) {
      FirstPictures listener = new FirstPictures(-1);
      small.paint(many, listener);

      assertThat(listener.painted())
          .extracting(GeneratedImage::index)
          .containsExactly(IntStream.range(0, 18).boxed().toArray(Integer[]::new));
      for (int k : new int[] {0, 15, 16, 17}) {
        Image alone = pipeline.generate(many.only(k)).image();
        assertThat(largestDifference(listener.painted().get(k).image(), alone))
            .isLessThanOrEqualTo(1);
      }
      // The second chunk brings no new text, so the towers are not loaded again.
      assertThat(listener.loaded())
          .containsExactly(
              "prior-text-encoder",
              "prior",
              "decoder-text-encoder",
              "decoder",
              "vqgan",
              "prior",
              "decoder",
              "vqgan");
      small.generate(many, step -> steps.add(step.toString()));
    }
    assertThat(steps).hasSize(3 * 18);
    assertThat(steps.get(15)).isEqualTo("Stage C, step 16 of 18");
    assertThat(steps.get(16)).isEqualTo("Stage B, step 1 of 18");
    assertThat(steps.get(3 * 16)).isEqualTo("Stage C, step 17 of 18");
    assertThat(steps.get(3 * 18 - 1)).isEqualTo("Stage A, step 18 of 18");
  }

  @Test
  void cancellingKeepsThePicturesThatWerePainted() {
    PipelineOptions oneByOne =
        PipelineOptions.standard().withType(DType.FLOAT32).withBatchPixels(1);
    FirstPictures listener = new FirstPictures(2);
    try (WuerstchenPipeline small = WuerstchenPipeline.of(model, oneByOne)) {
      assertThatThrownBy(() -> small.paint(SMALL.withImagesPerPrompt(3), listener))
          .isInstanceOf(GenerationCancelledException.class)
          .hasMessage("The generation was cancelled after Stage A, step 2 of 3.");
    }
    assertThat(listener.painted())
        .extracting(GeneratedImage::image)
        .containsExactly(
            pipeline.generate(SMALL).image(), pipeline.generate(SMALL.withSeed(41)).image());
  }

  @Test
  void listenerHearsEveryStepAndSeesPreviews() {
    List<String> steps = new ArrayList<>();
    List<Component> loaded = new ArrayList<>();
    List<Integer> painted = new ArrayList<>();
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
            public void painted(GeneratedImage image) {
              painted.add(image.index());
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
    assertThat(painted).containsExactly(0, 1);
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
    Image picture = pipeline.generate(SMALL).image(); // everything is loaded
    pipeline.encode(picture);
    long before = Scope.liveTensors();
    for (int i = 0; i < 3; i++) {
      pipeline.generate(
          SMALL.withImagesPerPrompt(2), step -> assertThat(step.previews()).hasSize(2));
      pipeline.reconstruct(
          picture, DecodingRequest.standard().withSteps(1), GenerationListener.silent());
      assertThat(Scope.liveTensors()).isEqualTo(before);
    }
  }

  @Test
  void closingFreesEveryNetwork() {
    long before = Scope.liveTensors();
    for (boolean keep : new boolean[] {true, false}) {
      try (WuerstchenPipeline fresh =
          WuerstchenPipeline.of(
              model, PipelineOptions.standard().withType(DType.FLOAT32).withKeepLoaded(keep))) {
        Image picture = fresh.generate(SMALL).image();
        fresh.encode(picture);
        assertThat(Scope.liveTensors() > before).as("networks stay").isEqualTo(keep);
      }
      assertThat(Scope.liveTensors()).isEqualTo(before);
    }
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
  void reconstructsAtThePicturesOwnSize() {
    Image picture = pipeline.generate(SMALL).image().crop(0, 0, 90, 128);
    Image again =
        pipeline.reconstruct(
            picture, DecodingRequest.standard().withSteps(1), GenerationListener.silent());
    assertThat(again.width()).isEqualTo(90);
    assertThat(again.height()).isEqualTo(128);
  }

  @Test
  void refusesPartsOfDifferentModelsBeforeAnyWork(@TempDir Path folder) throws IOException {
    Folders.copy(Fixtures.wuerstchen(), folder.resolve("mixed"));
    Path config = folder.resolve("mixed/prior/prior/config.json");
    Files.writeString(config, Files.readString(config).replace("\"c_in\": 4", "\"c_in\": 16"));
    try (WuerstchenPipeline mixed =
        WuerstchenPipeline.of(ModelFolder.open(folder.resolve("mixed")))) {
      assertThatThrownBy(() -> mixed.generate(SMALL))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("Stage C makes latents of 16 channels, and Stage B takes 4");
    }
    Folders.copy(Fixtures.wuerstchen(), folder.resolve("short"));
    Path last = folder.resolve("short/decoder/vqgan/diffusion_pytorch_model.safetensors");
    byte[] whole = Files.readAllBytes(last);
    Files.write(last, Arrays.copyOf(whole, whole.length - 100));
    try (WuerstchenPipeline cut =
        WuerstchenPipeline.of(ModelFolder.open(folder.resolve("short")))) {
      FirstPictures listener = new FirstPictures(-1);
      assertThatThrownBy(() -> cut.paint(SMALL, listener))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("cut short");
      assertThat(listener.loaded()).isEmpty();
    }
    ModelFolder decoder = ModelFolder.open(Fixtures.wuerstchen().resolve("decoder"));
    try (WuerstchenPipeline half = WuerstchenPipeline.of(decoder)) {
      assertThatThrownBy(() -> half.generate(SMALL))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("has no Stage C (folder prior)");
    }
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
    Arrays.fill(values, value);
    return values;
  }
}
