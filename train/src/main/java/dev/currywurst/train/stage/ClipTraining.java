package dev.currywurst.train.stage;

import dev.currywurst.clip.ClipModel;
import dev.currywurst.image.ContactSheet;
import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.Batch;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.judge.CaptionChoice;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Draws.Purpose;
import dev.currywurst.train.random.Part;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Trains a CLIP from nothing on captioned pictures: what judges how well a model's pictures go with
 * their prompts. The other samples of a part of a step are the wrong answers, so larger batches
 * teach more, which accumulated gradients do not make up for.
 */
final class ClipTraining implements Stage {
  /**
   * What is practised.
   *
   * @param shift pixels that a picture moves at most in each direction, its border repeated. It is
   *     never mirrored: captions tell left from right.
   */
  record Objective(int shift) {}

  /** Where the original stops the scale of similarities from growing. */
  private static final double MOST_LOGIT_SCALE = Math.log(100);

  /** Answers that a held-out picture or caption chooses among. */
  private static final int OPTIONS = 20;

  /** Held-out pictures that are judged, at most. */
  private static final int JUDGED = 1000;

  private static final int SHOWN = 32;
  private static final ContactSheet SHEET = new ContactSheet(8, 4, 6);

  private final ClipModel clip;
  private final Objective objective;
  private final Learner learner;
  private final GradientStep gradientStep;
  private final Lessons lessons;

  ClipTraining(ClipModel clip, Objective objective, Lessons lessons) {
    this.clip = clip;
    this.objective = objective;
    this.lessons = lessons;
    this.learner = new Learner(clip.parameters().weights(), lessons.learning());
    this.gradientStep =
        new GradientStep(List.of(learner), Map.of(), lessons.batchSize(), lessons.parts());
  }

  @Override
  public Learned learn(long step, double learningRate) {
    Learned learned = gradientStep.learn(step, learningRate, (part, figures) -> loss(part));
    Grad.off(
        () -> {
          try (Scope scope = Scope.open()) {
            Tensor scale = clip.logitScale();
            scale.copyInPlace(scale.clamp(0, MOST_LOGIT_SCALE));
          }
        });
    return learned;
  }

  private Tensor loss(Part part) {
    Batch batch = lessons.training().readyBatch(part);
    Tensor pictures = clip.preprocessing().normalise(shifted(batch.tensor(), part));
    Tensor seen = embedded(() -> clip.project(pictures));
    Tensor read = embedded(() -> clip.project(batch.captions()));
    return ContrastiveLoss.of(seen, read, clip.logitScale(), batch.captions());
  }

  private Tensor embedded(Supplier<Tensor> tower) {
    return Grad.autocast(Device.CPU, lessons.dtype(), tower).to(DType.FLOAT32);
  }

  /** Each picture moved by its own draws. */
  private Tensor shifted(Tensor pictures, Part part) {
    int most = objective.shift();
    if (most == 0) {
      return pictures;
    }
    return Scope.tidy(
        () -> {
          long side = pictures.size(2);
          Tensor wide = Functional.replicationPad(pictures, most);
          List<Tensor> moved = new ArrayList<>();
          for (int i = 0; i < part.size(); i++) {
            SplittableRandom random =
                lessons.draws().random(Purpose.SHIFT, part.step(), part.first() + i);
            int x = random.nextInt(2 * most + 1);
            int y = random.nextInt(2 * most + 1);
            moved.add(wide.narrow(0, i, 1).narrow(2, y, side).narrow(3, x, side));
          }
          return Tensor.cat(moved, 0);
        });
  }

  @Override
  public Map<String, Tensor> state() {
    return learner.state();
  }

  /**
   * How often a held-out picture finds its own caption among {@value #OPTIONS}, and a caption its
   * picture; and some pictures with the captions that they found, a wrong one in brackets.
   */
  @Override
  public Map<String, Double> evaluate(Path folder) {
    Map<String, Double> figures = new LinkedHashMap<>();
    learner.withAveragedWeights(
        () ->
            Grad.off(
                () -> {
                  try (Scope scope = Scope.open()) {
                    judge(folder, figures);
                  }
                }));
    return figures;
  }

  private void judge(Path folder, Map<String, Double> figures) {
    PictureBatches heldOut = lessons.heldOut();
    int count = Math.min(JUDGED, heldOut.size());
    List<Tensor> seen = new ArrayList<>();
    List<String> captions = new ArrayList<>();
    int together = heldOut.together();
    for (int first = 0; first < count; first += together) {
      lessons.stopping().leave();
      Batch batch = heldOut.plain(first, Math.min(together, count - first));
      captions.addAll(batch.captions());
      seen.add(Scope.tidy(() -> clip.project(clip.preprocessing().normalise(batch.tensor()))));
    }
    Tensor pictures = ClipModel.unit(Tensor.cat(seen, 0));
    Tensor texts = ClipModel.unit(clip.embedTexts(captions));
    Draws draws = lessons.draws();
    CaptionChoice choice =
        CaptionChoice.draw(
            count,
            count,
            OPTIONS,
            draws.random(Purpose.EVALUATION, 0, 0),
            (right, other) -> !captions.get(right).equals(captions.get(other)));
    int[] found = choice.answers(pictures, texts);
    figures.put("text_top1", (double) CaptionChoice.right(found) / count);
    figures.put(
        "picture_top1", (double) CaptionChoice.right(choice.answers(texts, pictures)) / count);
    figures.put("logit_scale", Math.exp(clip.logitScale().item()));
    show(heldOut, captions, found, folder);
  }

  private static void show(
      PictureBatches heldOut, List<String> captions, int[] found, Path folder) {
    int count = Math.min(SHOWN, found.length);
    List<ContactSheet.Cell> cells = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String caption = captions.get(found[i]);
      cells.add(
          new ContactSheet.Cell(
              SHEET.shrunk(heldOut.plain(i, 1).image(0), count),
              found[i] == i ? caption : "(" + caption + ")"));
    }
    PairSheet.write(SHEET.draw(cells), folder.resolve("captions.png"));
  }

  @Override
  public void save(Path modelFolder) {
    learner.withAveragedWeights(() -> clip.save(modelFolder));
  }

  @Override
  public void close() {
    lessons.close();
    gradientStep.close();
    clip.close();
  }
}
