package dev.currywurst.train.stage;

import dev.currywurst.diffusion.AncestralSampler;
import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.diffusion.Guidance;
import dev.currywurst.diffusion.Timesteps;
import dev.currywurst.image.ContactSheet;
import dev.currywurst.image.Image;
import dev.currywurst.pipeline.Component;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.Batch;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.random.Draws;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.wuerstchen.NoiseLevels;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageB;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageC;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What Stage C makes of held-out captions, painted by the Stages B and A that it builds on: always
 * the same captions with the same noise. Nothing is painted where the model has no such stages.
 *
 * @param basis that has them
 * @param schedule of Stage C
 */
record Paintings(
    ModelParts basis, CosineSchedule schedule, Settings settings, Draws draws, Stopping stopping) {
  private static final ContactSheet SHEET = new ContactSheet(8, 3, 6);

  /**
   * How it is painted; the weights that come out do not depend on it.
   *
   * @param pictures how many; 0 for none
   * @param guidance of Stage C
   * @param prompts that are painted beside the held-out captions
   */
  record Settings(int pictures, Guidance guidance, Decoder.Settings decoder, Prompts prompts) {
    static Settings read(ConfigFile file) {
      BoundedConfig numbers = new BoundedConfig(file);
      Settings settings =
          new Settings(
              numbers.whole(0, 1000, 8, "pictures"),
              new Guidance(numbers.weight(4, "guidance")),
              Decoder.Settings.read(file),
              Prompts.read(file));
      file.requireAllKnown();
      return settings;
    }

    /** True if a model must have what paints. */
    boolean requirePainting() {
      return !prompts.texts().isEmpty();
    }

    /** True if a model's Stages B and A are used where it has them. */
    boolean paints() {
      return pictures > 0 || requirePainting();
    }
  }

  /**
   * Paints the first held-out captions into {@code paintings.png}.
   *
   * @param states of captions [B, T, width]
   */
  void paint(
      StageCTraining.Networks networks,
      Function<List<String>, Tensor> states,
      PictureBatches heldOut,
      Path folder) {
    int count = Math.min(settings.pictures(), heldOut.size());
    if (count == 0 || !possible(basis)) {
      return;
    }
    int together = heldOut.together();
    List<ContactSheet.Cell> cells = new ArrayList<>();
    try (Opening opening = new Opening()) {
      Decoder decoder = decoder(opening);
      for (int first = 0; first < count; first += together) {
        int offset = first;
        Batch batch = heldOut.plain(first, Math.min(together, count - first));
        NoiseSource noise = NoiseSource.heldOut(draws, offset, batch.size());
        List<Image> painted =
            paint(networks, states, decoder, batch.captions(), batch.side(), noise);
        for (int n = 0; n < batch.size(); n++) {
          Image picture = SHEET.shrunk(painted.get(n), count);
          cells.add(new ContactSheet.Cell(picture, batch.captions().get(n)));
        }
      }
    }
    PairSheet.write(SHEET.draw(cells), folder.resolve("paintings.png"));
  }

  /**
   * Paints the prompts.
   *
   * @param states of captions [B, T, width]
   * @param side of the pictures in pixels
   * @param weights what the networks hold now, such as "live"
   */
  List<Stage.Sample> sample(
      StageCTraining.Networks networks,
      Function<List<String>, Tensor> states,
      int side,
      int together,
      String weights) {
    List<Prompts.Wanted> wanted = settings.prompts().all();
    List<Stage.Sample> samples = new ArrayList<>();
    try (Opening opening = new Opening()) {
      Decoder decoder = decoder(opening);
      for (int first = 0; first < wanted.size(); first += together) {
        List<Prompts.Wanted> some =
            wanted.subList(first, Math.min(first + together, wanted.size()));
        try (SeededNoise noise =
            new SeededNoise(some.stream().map(Prompts.Wanted::seed).toList())) {
          List<String> texts = some.stream().map(Prompts.Wanted::prompt).toList();
          List<Image> painted = paint(networks, states, decoder, texts, side, noise);
          for (int n = 0; n < some.size(); n++) {
            samples.add(
                new Stage.Sample(weights, texts.get(n), some.get(n).seed(), painted.get(n)));
          }
        }
      }
    }
    return samples;
  }

  /** True if a model has all that turns Stage C's latents into pictures. */
  static boolean possible(ModelParts basis) {
    return Stream.of(
            Component.VQGAN,
            Component.DECODER,
            Component.DECODER_TEXT_ENCODER,
            Component.DECODER_TOKENIZER)
        .allMatch(basis::has);
  }

  /** Read for each evaluation: between them they would only take memory. */
  private Decoder decoder(Opening opening) {
    StageAConfig a = StageAConfig.read(basis.require(Component.VQGAN).config());
    StageBConfig b = StageBConfig.read(basis.require(Component.DECODER).config());
    return new Decoder(
        opening.add(basis.frozen(Component.VQGAN, p -> new StageA(a, p)), StageA::close),
        opening.add(basis.frozen(Component.DECODER, p -> new StageB(b, p)), StageB::close),
        opening.add(basis.tower(Component.DECODER_TEXT_ENCODER, false), TextTower::close),
        basis.schedule(Component.DECODER_SCHEDULER),
        settings.decoder(),
        stopping);
  }

  private List<Image> paint(
      StageCTraining.Networks networks,
      Function<List<String>, Tensor> states,
      Decoder decoder,
      List<String> captions,
      int side,
      NoiseSource noise) {
    return Grad.off(
        () -> {
          try (Scope scope = Scope.open()) {
            Tensor maps = maps(networks, states, captions, side, noise);
            float[] planes = decoder.paint(maps, captions, side, noise);
            List<Image> images = new ArrayList<>();
            for (int n = 0; n < captions.size(); n++) {
              images.add(PairSheet.image(side, planes, n));
            }
            return images;
          }
        });
  }

  /** What Stage C makes of captions, [B, channels, h, w] in the image encoder's scale. */
  private Tensor maps(
      StageCTraining.Networks networks,
      Function<List<String>, Tensor> states,
      List<String> captions,
      int side,
      NoiseSource source) {
    StageC stageC = networks.stageC();
    Guidance guidance = settings.guidance();
    List<String> texts = guidance.texts(captions, Collections.nCopies(captions.size(), ""));
    StageC.Conditioning text = stageC.condition(states.apply(texts));
    long mapSide = networks.targets().side(side);
    Supplier<Tensor> noise =
        source.of(EvaluationNoise.Use.STAGE_C, stageC.config().latentChannels(), mapSide, mapSide);
    AncestralSampler sampler = new AncestralSampler(schedule, Timesteps.STAGE_C);
    NoiseLevels levels = stageC.levels(sampler.levels());
    Tensor latents =
        sampler.sample(
            noise.get(),
            noise,
            (x, step) -> guidance.apply(stageC.denoise(x, levels.at(step), text)),
            (step, x, expected) -> stopping.leave());
    return latents.times(networks.scale().factor()).minus(networks.scale().offset());
  }
}
