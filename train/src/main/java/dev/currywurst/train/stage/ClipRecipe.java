package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.clip.ClipConfig;
import dev.currywurst.clip.ClipModel;
import dev.currywurst.clip.ClipPreprocessing;
import dev.currywurst.clip.ClipVisionConfig;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.weights.ConfigFile;
import java.util.List;

/**
 * A CLIP before its training. The defaults are those of a small one for drawings: 2.7 million
 * numbers at 128 pixels with a tokenizer of 400 merges for 32 tokens.
 */
record ClipRecipe(
    NetworkSource.TowerSize text,
    ClipVisionConfig vision,
    int dimension,
    ClipTraining.Objective objective,
    ObjectNode settings)
    implements StageRecipe {

  static ClipRecipe read(NetworkSource source, int resolution) {
    if (source.basis().model().isPresent()) {
      throw new CurrywurstException(
          "A CLIP builds on no other stage and is always trained anew; leave --model out.");
    }
    RunConfig config = source.config();
    ConfigFile tower = config.part("text_encoder");
    int width = new BoundedConfig(tower).atLeast(1, 128, "hidden_size");
    NetworkSource.TowerSize text =
        NetworkSource.TowerSize.read(config.part("tokenizer"), tower, width);
    ConfigFile squares = config.part("vision_encoder");
    ClipVisionConfig vision = vision(squares, resolution);
    ConfigFile file = config.part("objective");
    BoundedConfig numbers = new BoundedConfig(file);
    int dimension = numbers.atLeast(1, 128, "projection_dim");
    ClipTraining.Objective objective =
        new ClipTraining.Objective(
            (int) Math.rint(numbers.between(0, 0.25, 0.05, "shift") * resolution));
    file.requireAllKnown();
    return new ClipRecipe(text, vision, dimension, objective, file.effective());
  }

  private static ClipVisionConfig vision(ConfigFile file, int resolution) {
    BoundedConfig sizes = new BoundedConfig(file);
    int width = sizes.atLeast(1, 192, "hidden_size");
    int layers = sizes.atLeast(1, 4, "num_hidden_layers");
    int heads = sizes.atLeast(1, 4, "num_attention_heads");
    int mlp = sizes.atLeast(1, 4 * width, "intermediate_size");
    int patch = sizes.atLeast(1, 16, "patch_size");
    file.requireAllKnown();
    NetworkSource.requireMultiple(resolution, patch, "squares (patch_size) of the picture tower");
    return new ClipVisionConfig(
        width, layers, heads, mlp, resolution, patch, ClipTextConfig.Activation.QUICK_GELU, 1e-5);
  }

  @Override
  public ObjectNode describe() {
    ObjectNode json = ConfigFile.newObject();
    json.set("objective", settings);
    text.describe(json.putObject("text_encoder"));
    json.set("vision_encoder", vision.toJson());
    return json;
  }

  @Override
  public Stage build(Lessons lessons) {
    try (Opening opening = new Opening()) {
      List<String> captions = lessons.training().captions();
      ClipTokenizer tokenizer = text.tokenizer(captions);
      ClipTextConfig texts = text.config(tokenizer);
      ClipConfig config =
          new ClipConfig(texts, vision, dimension, ClipConfig.LOGIT_SCALE, tokenizer.endId());
      ClipModel model =
          opening.add(
              new ClipModel(
                  config,
                  tokenizer,
                  ClipPreprocessing.of(vision.side()),
                  NetworkSource.fresh(lessons.draws(), NetworkSource.Stream.CLIP)),
              ClipModel::close);
      return opening.done(new ClipTraining(model, objective, lessons));
    }
  }
}
