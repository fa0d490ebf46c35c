package dev.currywurst.tensor;

import java.util.Locale;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The element types that published weights and our networks use. */
public enum DType {
  FLOAT32(4, "F32", ScalarType.Float),
  FLOAT16(2, "F16", ScalarType.Half),
  BFLOAT16(2, "BF16", ScalarType.BFloat16),
  FLOAT64(8, "F64", ScalarType.Double),
  INT64(8, "I64", ScalarType.Long),
  INT32(4, "I32", ScalarType.Int),
  INT16(2, "I16", ScalarType.Short),
  INT8(1, "I8", ScalarType.Char),
  UINT8(1, "U8", ScalarType.Byte),
  BOOL(1, "BOOL", ScalarType.Bool);

  private final int bytes;
  private final String safetensorsName;
  private final ScalarType scalarType;

  DType(int bytes, String safetensorsName, ScalarType scalarType) {
    this.bytes = bytes;
    this.safetensorsName = safetensorsName;
    this.scalarType = scalarType;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** The name in a safetensors header, such as {@code BF16}. */
  public String safetensorsName() {
    return safetensorsName;
  }

  /** True for the types that networks compute in. */
  public boolean isFloatingPoint() {
    return this == FLOAT32 || this == FLOAT16 || this == BFLOAT16 || this == FLOAT64;
  }

  ScalarType scalarType() {
    return scalarType;
  }

  static DType of(ScalarType type) {
    for (DType dtype : values()) {
      // The generated enums are open: only the numeric value identifies a type.
      if (dtype.scalarType.value == type.value) {
        return dtype;
      }
    }
    throw new CurrywurstException(
        "The engine returned a tensor of type " + type + ", which Currywurst does not handle.");
  }

  /** "float32", "bfloat16" and so on, as the command line spells it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
