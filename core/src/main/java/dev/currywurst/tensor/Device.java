package dev.currywurst.tensor;

/** Where tensors live. */
public enum Device {
  CPU("cpu"),
  CUDA("cuda");

  private final String engineName;

  Device(String engineName) {
    this.engineName = engineName;
  }

  /**
   * This device, or one sentence why it can't be used.
   *
   * @throws CurrywurstException if it is a GPU and there is none
   */
  public Device requireAvailable() {
    if (this == CUDA && !Engine.hasCuda()) {
      throw new CurrywurstException(
          "No GPU can be used here: build with -Pcuda on a machine with an NVIDIA GPU, CUDA 13,"
              + " cuDNN 9 and NCCL 2, or choose --device cpu.");
    }
    return this;
  }

  @Override
  public String toString() {
    return engineName;
  }
}
