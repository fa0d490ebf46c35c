package dev.currywurst.pipeline;

import java.util.List;

/** Passes everything on, and keeps pictures and notices for a {@link GenerationResult}. */
record CollectingListener(
    GenerationListener listener, List<GeneratedImage> images, List<String> notices)
    implements GenerationListener {
  @Override
  public void step(GenerationStep step) {
    listener.step(step);
  }

  @Override
  public void loading(Component component) {
    listener.loading(component);
  }

  @Override
  public void painted(GeneratedImage image) {
    images.add(image);
    listener.painted(image);
  }

  @Override
  public void notice(String sentence) {
    notices.add(sentence);
    listener.notice(sentence);
  }
}
