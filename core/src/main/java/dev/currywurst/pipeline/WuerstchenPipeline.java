package dev.currywurst.pipeline;

import dev.currywurst.diffusion.AncestralSampler;
import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.diffusion.Guidance;
import dev.currywurst.diffusion.Timesteps;
import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.StageBConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Paints pictures from prompts with a Würstchen v2 (Pernias et al. 2023).
 *
 * <pre>{@code
 * ModelFolder model = ModelFolder.open(Path.of("my-model"));
 * WuerstchenPipeline pipeline = WuerstchenPipeline.of(model);
 * Image dragon = pipeline.generate(GenerationRequest.of("a small green dragon")).image();
 * }</pre>
 *
 * <p>With one seed the pictures equal diffusers' for a CPU generator of that seed. One call at a
 * time; a pipeline belongs to no thread.
 */
public final class WuerstchenPipeline implements AutoCloseable {
  private final ModelFolder model;
  private final PipelineOptions options;
  private final ModelNetworks networks;
  private final StageConfigs configs;
  private final PictureGeometry.Rules rules;
  private final Previewer previewer;

  private WuerstchenPipeline(ModelFolder model, PipelineOptions options) {
    this.model = model;
    this.options = options;
    this.networks = new ModelNetworks(model, options);
    this.configs = new StageConfigs(model);
    this.rules = configs.rules();
    this.previewer = new Previewer(model.preview().map(LatentPreview::load));
  }

  /** A pipeline over a model's files; weights are read when they are needed. */
  public static WuerstchenPipeline of(ModelFolder model) {
    return of(model, PipelineOptions.standard());
  }

  /**
   * As {@link #of(ModelFolder)}, with options.
   *
   * @throws CurrywurstException if the model lacks a decoder or the device is missing
   */
  public static WuerstchenPipeline of(ModelFolder model, PipelineOptions options) {
    options.device().requireAvailable();
    return new WuerstchenPipeline(model, options);
  }

  /** As {@link #generate(GenerationRequest, GenerationListener)}, telling nobody. */
  public GenerationResult generate(GenerationRequest request) {
    return generate(request, GenerationListener.silent());
  }

  /**
   * Paints, telling each step, and returns all pictures: for as many as fit into Java's heap, three
   * bytes a pixel. {@link #paint} is for any number.
   *
   * @throws CurrywurstException if the request cannot be met by this model
   * @throws GenerationCancelledException if the listener ends it
   */
  public GenerationResult generate(GenerationRequest request, GenerationListener listener) {
    List<GeneratedImage> images = new ArrayList<>();
    List<String> notices = new ArrayList<>();
    paint(request, new CollectingListener(listener, images, notices));
    return new GenerationResult(
        request, images, geometry(request), priorType(), decoderType(), notices);
  }

  /**
   * Paints, and hands each picture to {@link GenerationListener#painted} as soon as it is finished.
   * None is kept, and pictures go through the stages in chunks of 16 batches (see {@link
   * PipelineOptions#batchPixels}), so that memory does not grow with their number. Each chunk loads
   * the networks once, unless they are kept.
   *
   * @throws CurrywurstException if the request cannot be met by this model; told before any work
   *     where the files alone tell it
   * @throws GenerationCancelledException if the listener ends it
   */
  public void paint(GenerationRequest request, GenerationListener listener) {
    configs.requirePrior(priorType());
    configs.requireDecoder(decoderType());
    PictureGeometry geometry = geometry(request);
    if (geometry.isCropped()) {
      listener.notice(
          "This model cannot paint %s pixels; %s were painted and the centre cut out."
              .formatted(geometry.requested(), geometry.painted()));
    }
    StageCSampling stageC =
        new StageCSampling(
            sampling(Stage.C, request.timesteps(), request.guidance()), model.numbers());
    StageBSampling stageB =
        new StageBSampling(
            sampling(Stage.B, request.decoderTimesteps(), request.decoderGuidance()));
    List<Picture> pictures = pictures(request);
    try (TextStates textC = TextStates.stageC(networks, stageC.sampling().guidance());
        TextStates textB = TextStates.stageB(networks, stageB.sampling().guidance())) {
      tellCuts(pictures, listener, textC, textB);
      forEachChunk(
          pictures,
          geometry,
          listener,
          Map.of(Stage.C, stageC.sampling().steps(), Stage.B, stageB.sampling().steps()),
          chunk -> {
            TextConditioning text = textC.of(chunk);
            List<StageCLatents> semantics =
                networks.stageC().use(listener, network -> stageC.sample(chunk, network, text));
            decode(chunk, semantics, stageB, textB);
          });
    }
  }

  private PictureGeometry geometry(GenerationRequest request) {
    return PictureGeometry.covering(request.size(model.naturalSize()), rules);
  }

  private static List<Picture> pictures(GenerationRequest request) {
    List<Picture> pictures = new ArrayList<>();
    for (int k = 0; k < request.pictures(); k++) {
      pictures.add(new Picture(request.prompt(k), request.negativePrompt(k), request.seed(k)));
    }
    return pictures;
  }

  private StageSampling sampling(Stage stage, Timesteps timesteps, double guidance) {
    CosineSchedule schedule =
        model.schedule(stage == Stage.C ? Component.PRIOR_SCHEDULER : Component.DECODER_SCHEDULER);
    return new StageSampling(
        stage, new AncestralSampler(schedule, timesteps), new Guidance(guidance));
  }

  private static void tellCuts(
      List<Picture> pictures, GenerationListener listener, TextStates... stages) {
    CutPrompts cuts = new CutPrompts();
    for (TextStates stage : stages) {
      stage.findCuts(pictures, cuts);
    }
    cuts.tell(listener);
  }

  /** Runs {@code body} chunk after chunk, without recording gradients. */
  private void forEachChunk(
      List<Picture> pictures,
      PictureGeometry geometry,
      GenerationListener listener,
      Map<Stage, Integer> stepsOfABatch,
      Consumer<Chunk> body) {
    int largest = Batch.largest(geometry.painted(), options.batchPixels());
    int batches = Batch.split(pictures.size(), largest).size();
    StepCounts steps = new StepCounts(listener).expect(Stage.A, batches);
    stepsOfABatch.forEach((stage, count) -> steps.expect(stage, count * batches));
    Call call = new Call(geometry, options.device(), previewer, steps, listener);
    for (Batch part : Chunk.split(pictures.size(), largest)) {
      List<Picture> some = part.of(pictures);
      Grad.off(
          () -> {
            try (Scope scope = Scope.open();
                PictureNoise noise = new PictureNoise(some)) {
              List<Batch> split = Batch.split(some.size(), largest);
              body.accept(new Chunk(call, part.first(), some, split, noise));
            }
          });
    }
  }

  private void decode(
      Chunk chunk, List<StageCLatents> semantics, StageBSampling stageB, TextStates textB) {
    GenerationListener listener = chunk.call().listener();
    TextConditioning text = textB.of(chunk);
    List<StageBLatents> latents =
        networks.stageB().use(listener, network -> stageB.sample(chunk, network, semantics, text));
    networks
        .stageA()
        .run(listener, network -> new StageADecoding(chunk).decode(network, latents, semantics));
  }

  /**
   * The meaning of a picture, as Stage C would have painted it. Sides that the model does not know
   * are first enlarged to the next ones that it does, each on its own.
   *
   * @throws CurrywurstException if the model has no image encoder
   */
  public StageCLatents encode(Image picture) {
    configs.requireImageEncoder();
    PictureGeometry geometry =
        PictureGeometry.covering(new PictureSize(picture.width(), picture.height()), rules);
    PictureSize size = geometry.painted();
    Image fitting = Resize.resize(picture, size.width(), size.height(), Resize.Filter.BICUBIC);
    return Grad.off(
        () ->
            networks
                .imageEncoder()
                .use(GenerationListener.silent(), e -> encode(e, fitting, geometry)));
  }

  private StageCLatents encode(ImageEncoder encoder, Image picture, PictureGeometry geometry) {
    try (Scope scope = Scope.open()) {
      Tensor pixels =
          Tensor.of(picture.planes(), 1, 3, picture.height(), picture.width()).to(options.device());
      Tensor latents = encoder.encode(ImageEncoder.prepare(pixels));
      PictureSize expected = geometry.stageC();
      if (latents.size(2) != expected.height() || latents.size(3) != expected.width()) {
        throw new CurrywurstException(
            "The image encoder makes latents of %dx%d of %s pixels where Stage B takes %s; they come from different models."
                .formatted(latents.size(3), latents.size(2), geometry.painted(), expected));
      }
      return new StageCLatents(LatentGrid.of(latents));
    }
  }

  /** Turns given latents into a picture. */
  public Image decode(StageCLatents latents, DecodingRequest request) {
    return decode(latents, request, GenerationListener.silent());
  }

  /**
   * Turns given latents into a picture, telling each step.
   *
   * @throws CurrywurstException if this model cannot decode latents of that shape
   * @throws GenerationCancelledException if the listener ends it
   */
  public Image decode(StageCLatents latents, DecodingRequest request, GenerationListener listener) {
    configs.requireDecoder(decoderType());
    StageBConfig config = configs.stageB();
    if (latents.grid().channels() != config.semanticChannels()) {
      throw new CurrywurstException(
          "The latents have %d channels where this model's Stage B takes %d; they come from different models."
              .formatted(latents.grid().channels(), config.semanticChannels()));
    }
    PictureGeometry geometry = PictureGeometry.of(latents.grid(), rules);
    List<Picture> pictures =
        List.of(new Picture(request.prompt(), request.negativePrompt(), request.seed()));
    StageBSampling stageB =
        new StageBSampling(sampling(Stage.B, request.timesteps(), request.guidance()));
    List<GeneratedImage> images = new ArrayList<>();
    GenerationListener collecting = new CollectingListener(listener, images, new ArrayList<>());
    try (TextStates textB = TextStates.stageB(networks, stageB.sampling().guidance())) {
      tellCuts(pictures, listener, textB);
      forEachChunk(
          pictures,
          geometry,
          collecting,
          Map.of(Stage.B, stageB.sampling().steps()),
          chunk -> decode(chunk, List.of(latents), stageB, textB));
    }
    return images.get(0).image();
  }

  /**
   * Encodes a picture and decodes it again: what the stages beside Stage C keep of it.
   *
   * @return a picture of the same size
   */
  public Image reconstruct(Image picture, DecodingRequest request, GenerationListener listener) {
    Image decoded = decode(encode(picture), request, listener);
    return Resize.resize(decoded, picture.width(), picture.height(), Resize.Filter.BICUBIC);
  }

  /** What Stage C and its text tower compute in. */
  public DType priorType() {
    return networks.priorType();
  }

  /** What Stages B and A and their text tower compute in. */
  public DType decoderType() {
    return networks.decoderType();
  }

  /** Lets go of networks that were kept. The pipeline can be used again. */
  @Override
  public void close() {
    networks.close();
  }
}
