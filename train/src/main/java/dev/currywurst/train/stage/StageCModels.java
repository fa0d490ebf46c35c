package dev.currywurst.train.stage;

import dev.currywurst.lora.Adapters;
import dev.currywurst.lora.LoraDialect;
import dev.currywurst.train.optim.Learner;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** What a training of Stage C writes at its end: averaged, live and blended models, and LoRAs. */
record StageCModels(
    StageCTraining.Networks networks,
    StageCTraining.Objective objective,
    Trained trained,
    Learner learner,
    Lessons lessons,
    ModelResult result) {

  /** Writes the model of the weights that the run recommends. */
  void save(Path folder) {
    inSavedWeights(() -> write(folder, averagedUpdates()));
  }

  /** What else is wanted, by the name of its folder. */
  Map<String, Consumer<Path>> variants() {
    Map<String, Consumer<Path>> variants = new LinkedHashMap<>();
    boolean both = lessons.saved().kind() == Saved.Kind.BOTH && learner.averages();
    if (both) {
      variants.put("model-live", folder -> write(folder, 0));
    }
    lessons
        .saved()
        .blend()
        .ifPresent(alpha -> variants.put("model-blend", folder -> blend(folder, alpha)));
    networks
        .adapters()
        .ifPresent(
            adapters -> {
              variants.put("lora", folder -> inSavedWeights(() -> write(adapters, folder)));
              if (both) {
                variants.put("lora-live", folder -> write(adapters, folder));
              }
            });
    return variants;
  }

  /** The count that another training can go on from; 0 where nothing is averaged. */
  private long averagedUpdates() {
    boolean averaged = learner.averages() && lessons.saved().kind() != Saved.Kind.LIVE;
    return averaged
        ? lessons.learning().average().updatesAfter(learner.updates(lessons.steps()))
        : 0;
  }

  private void write(Path folder, long averagedUpdates) {
    result.writeStageC(networks, objective, averagedUpdates, lessons.training(), folder);
  }

  /** base + alpha (trained - base), of the weights that {@link #save} writes. */
  private void blend(Path folder, double alpha) {
    inSavedWeights(
        () ->
            trained.blended(
                result.basis(), networks, objective.trainsText(), alpha, () -> write(folder, 0)));
  }

  private void inSavedWeights(Runnable body) {
    if (lessons.saved().kind() == Saved.Kind.LIVE) {
      body.run();
    } else {
      learner.withAveragedWeights(body);
    }
  }

  private void write(Adapters adapters, Path folder) {
    Map<String, String> remarks = Map.of("ss_steps", Long.toString(lessons.steps()));
    for (LoraDialect dialect : objective.lowRank().orElseThrow().dialects()) {
      adapters.save(folder.resolve(LowRankObjective.fileName(dialect)), dialect, remarks);
    }
  }
}
