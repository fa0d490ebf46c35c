package dev.currywurst.pipeline;

import dev.currywurst.diffusion.AncestralSampler;
import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.diffusion.Guidance;
import dev.currywurst.diffusion.Timesteps;
import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.text.Tokens;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageBConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger LOG = LoggerFactory.getLogger(WuerstchenPipeline.class);

  private final ModelFolder model;
  private final PipelineOptions options;
  private final ModelNetworks networks;
  private final PictureGeometry.Rules rules;
  private final Previewer previewer;

  private WuerstchenPipeline(ModelFolder model, PipelineOptions options) {
    this.model = model;
    this.options = options;
    this.networks = new ModelNetworks(model, options);
    StageBConfig stageB = StageBConfig.read(model.require(Component.DECODER).config());
    StageAConfig stageA = StageAConfig.read(model.require(Component.VQGAN).config());
    this.rules =
        new PictureGeometry.Rules(model.numbers().scale(), stageB.multiple(), stageA.compression());
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

  /** Paints. */
  public GenerationResult generate(GenerationRequest request) {
    return generate(request, GenerationListener.silent());
  }

  /**
   * Paints, telling each step.
   *
   * @throws CurrywurstException if the request cannot be met by this model
   * @throws GenerationCancelledException if the listener ends it
   */
  public GenerationResult generate(GenerationRequest request, GenerationListener listener) {
    PictureGeometry geometry = PictureGeometry.covering(size(request), rules);
    List<String> notices = new ArrayList<>();
    if (geometry.isCropped()) {
      notice(
          notices,
          "This model cannot paint %s pixels; %s were painted and the centre cut out."
              .formatted(geometry.requested(), geometry.painted()));
    }
    List<Picture> pictures = pictures(request);
    return Grad.off(
        () -> {
          try (Scope scope = Scope.open();
              PictureNoise noise = new PictureNoise(pictures)) {
            Call call = call(pictures, geometry, noise, listener);
            StageCSampling stageC =
                new StageCSampling(
                    call,
                    sampler(Component.PRIOR_SCHEDULER, request.timesteps()),
                    new Guidance(request.guidance()),
                    model.numbers());
            List<StageCLatents> semantics = stageC(stageC, notices);
            List<GeneratedImage> images =
                decode(
                    call,
                    semantics,
                    request.decoderTimesteps(),
                    new Guidance(request.decoderGuidance()));
            return new GenerationResult(
                request, images, geometry, networks.priorType(), networks.decoderType(), notices);
          }
        });
  }

  private PictureSize size(GenerationRequest request) {
    PictureSize natural = model.numbers().size();
    return new PictureSize(
        request.width().orElse(natural.width()), request.height().orElse(natural.height()));
  }

  private static List<Picture> pictures(GenerationRequest request) {
    List<Picture> pictures = new ArrayList<>();
    for (int k = 0; k < request.pictures(); k++) {
      pictures.add(new Picture(request.prompt(k), request.negativePrompt(k), request.seed(k)));
    }
    return pictures;
  }

  private Call call(
      List<Picture> pictures,
      PictureGeometry geometry,
      PictureNoise noise,
      GenerationListener listener) {
    List<Batch> batches = Batch.split(pictures.size(), geometry.painted(), options.batchPixels());
    return new Call(pictures, geometry, noise, options.device(), batches, previewer, listener);
  }

  private AncestralSampler sampler(Component scheduler, Timesteps timesteps) {
    CosineSchedule schedule = model.schedule(scheduler);
    return new AncestralSampler(schedule, timesteps);
  }

  private List<StageCLatents> stageC(StageCSampling sampling, List<String> notices) {
    Call call = sampling.call();
    ClipTokenizer tokenizer = networks.tokenizer(Component.PRIOR_TOKENIZER);
    boolean guided = sampling.guidance().isOn();
    noticeCut(notices, tokenizer.encode(texts(call, guided).distinct().toList()));
    TextConditioning text = encode(call, Component.PRIOR_TEXT_ENCODER, tokenizer, guided);
    return networks.stageC().use(call.listener(), network -> sampling.sample(network, text));
  }

  private List<GeneratedImage> decode(
      Call call, List<StageCLatents> semantics, Timesteps timesteps, Guidance guidance) {
    StageBSampling sampling =
        new StageBSampling(call, sampler(Component.DECODER_SCHEDULER, timesteps), guidance);
    ClipTokenizer tokenizer = networks.tokenizer(Component.DECODER_TOKENIZER);
    TextConditioning text =
        encode(call, Component.DECODER_TEXT_ENCODER, tokenizer, guidance.isOn());
    List<StageBLatents> latents =
        networks
            .stageB()
            .use(call.listener(), network -> sampling.sample(network, semantics, text));
    return networks
        .stageA()
        .use(
            call.listener(),
            network -> new StageADecoding(call).decode(network, latents, semantics));
  }

  private TextConditioning encode(
      Call call, Component component, ClipTokenizer tokenizer, boolean withNegative) {
    return networks
        .textEncoder(component)
        .use(
            call.listener(),
            encoder -> TextConditioning.encode(tokenizer, encoder, texts(call, withNegative)));
  }

  private static Stream<String> texts(Call call, boolean withNegative) {
    Stream<String> prompts = call.pictures().stream().map(Picture::prompt);
    return withNegative
        ? Stream.concat(prompts, call.pictures().stream().map(Picture::negativePrompt))
        : prompts;
  }

  private static void noticeCut(List<String> notices, Tokens tokens) {
    for (Tokens.Row row : tokens.rows()) {
      if (!row.cutOff().isEmpty()) {
        notice(
            notices,
            "A prompt is longer than the %d tokens that the text tower reads; cut off was: %s"
                .formatted(tokens.length(), row.cutOff()));
      }
    }
  }

  private static void notice(List<String> notices, String sentence) {
    LOG.warn("{}", sentence);
    notices.add(sentence);
  }

  /**
   * The meaning of a picture, as Stage C would have painted it. A size that the model does not know
   * is first enlarged to the next one that it does.
   *
   * @throws CurrywurstException if the model has no image encoder
   */
  public StageCLatents encode(Image picture) {
    PictureGeometry geometry =
        PictureGeometry.covering(new PictureSize(picture.width(), picture.height()), rules);
    PictureSize size = geometry.painted();
    Image fitting =
        geometry.isCropped()
            ? Resize.resize(picture, size.width(), size.height(), Resize.Filter.BICUBIC)
            : picture;
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
    StageBConfig stageB = StageBConfig.read(model.require(Component.DECODER).config());
    if (latents.grid().channels() != stageB.semanticChannels()) {
      throw new CurrywurstException(
          "The latents have %d channels where this model's Stage B takes %d; they come from different models."
              .formatted(latents.grid().channels(), stageB.semanticChannels()));
    }
    PictureGeometry geometry = PictureGeometry.of(latents.grid(), rules);
    List<Picture> pictures =
        List.of(new Picture(request.prompt(), request.negativePrompt(), request.seed()));
    return Grad.off(
        () -> {
          try (Scope scope = Scope.open();
              PictureNoise noise = new PictureNoise(pictures)) {
            Call call = call(pictures, geometry, noise, listener);
            Guidance guidance = new Guidance(request.guidance());
            return decode(call, List.of(latents), request.timesteps(), guidance).get(0).image();
          }
        });
  }

  /** Lets go of networks that were kept. The pipeline can be used again. */
  @Override
  public void close() {
    networks.close();
  }
}
