package dev.currywurst.weights;

import dev.currywurst.tensor.DType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Every element type of the safetensors format, in the reference's order of rising alignment (enum
 * {@code Dtype} in its {@code tensor.rs}): writers place the largest first. The engine computes
 * with some of them; the others can be listed, copied and converted elsewhere.
 */
public enum StoredType {
  BOOL(8, DType.BOOL),
  F4(4),
  F6_E2M3(6),
  F6_E3M2(6),
  U8(8, DType.UINT8),
  I8(8, DType.INT8),
  F8_E5M2(8),
  F8_E4M3(8),
  F8_E8M0(8),
  F8_E4M3FNUZ(8),
  F8_E5M2FNUZ(8),
  I16(16, DType.INT16),
  U16(16),
  F16(16, DType.FLOAT16),
  BF16(16, DType.BFLOAT16),
  I32(32, DType.INT32),
  U32(32),
  F32(32, DType.FLOAT32),
  C64(64),
  F64(64, DType.FLOAT64),
  I64(64, DType.INT64),
  U64(64);

  private static final Map<String, StoredType> BY_NAME = new HashMap<>();

  static {
    for (StoredType type : values()) {
      BY_NAME.put(type.name(), type);
    }
  }

  private final int bits;
  private final Optional<DType> dtype;

  StoredType(int bits) {
    this.bits = bits;
    this.dtype = Optional.empty();
  }

  StoredType(int bits, DType dtype) {
    this.bits = bits;
    this.dtype = Optional.of(dtype);
  }

  /** Bits of one element: less than eight for the packed types. */
  public int bits() {
    return bits;
  }

  /** The engine's type for it, if the engine computes with it. */
  public Optional<DType> dtype() {
    return dtype;
  }

  /** The type of that name in a safetensors header, such as {@code BF16}. */
  static Optional<StoredType> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  static StoredType of(DType dtype) {
    return BY_NAME.get(dtype.safetensorsName());
  }
}
