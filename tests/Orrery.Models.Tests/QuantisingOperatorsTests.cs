using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Models.Tests;

/// <summary>Casts beside narrow products: which tensors, how often, and how many bytes, worked out by hand for one layer of Llama 3.1 8B.</summary>
public sealed class QuantisingOperatorsTests
{
    private const double Rows = 8192;
    private static readonly ModelArchitecture Llama = TestData.Load("llama-3.1-8b").Value!;

    /// <summary>Inputs of the four products, and widths of their results: queries with keys and values, output, gate with up, down.</summary>
    private static readonly (double Depth, double Width)[] Products = [(4096, 6144), (4096, 4096), (4096, 28672), (14336, 4096)];

    [Theory]
    [InlineData(NumberFormat.Fp8, 2 + (2 * 1))]
    [InlineData(NumberFormat.Fp8Block, 2 + (2 * (1 + (4.0 / 128))))]
    [InlineData(NumberFormat.Mxfp8, 2 + (2 * (1 + (1.0 / 32))))]
    [InlineData(NumberFormat.Mxfp4, 2 + (2 * (0.5 + (1.0 / 32))))]
    [InlineData(NumberFormat.Nvfp4, 2 + (2 * (0.5 + (1.0 / 16))))]
    public void Inputs_and_gradients_are_cast_with_a_transposed_copy(NumberFormat format, double bytesPerElement)
    {
        LayerOperator[] casts = Casts(format, frozen: false);
        Bytes(casts, OperatorRole.QuantiseForward).ShouldBe(Rows * bytesPerElement * Products.Sum(static one => one.Depth), 1);
        Bytes(casts, OperatorRole.QuantiseBackward).ShouldBe(Rows * bytesPerElement * Products.Sum(static one => one.Width), 1);
        casts.ShouldAllBe(one => one.Work.Kind == OperatorKind.Quantise && one.Work.Format == format);
    }

    [Fact]
    public void Without_weight_gradients_no_copy_is_transposed()
    {
        LayerOperator[] casts = Casts(NumberFormat.Mxfp8, frozen: true);
        Bytes(casts, OperatorRole.QuantiseForward).ShouldBe(Rows * (2 + 1 + (1.0 / 32)) * Products.Sum(static one => one.Depth), 1);
    }

    [Theory]
    [InlineData(NumberFormat.Bf16)]
    [InlineData(NumberFormat.Fp32)]
    public void Wide_products_cast_nothing(NumberFormat format) => Casts(format, frozen: false).ShouldBeEmpty();

    [Fact]
    public void Narrow_frozen_weights_are_widened_for_each_product_of_16_bit_operands()
    {
        LayerShape shape = Shape(NumberFormat.Bf16, frozen: true) with { FrozenFormat = NumberFormat.Int4WeightOnly };
        LayerOperator[] widened = [.. Fill(shape).Where(static one => one.Work.Kind == OperatorKind.Dequantise)];
        double weights = Products.Sum(static one => one.Depth * one.Width);
        Bytes(widened, OperatorRole.QuantiseForward).ShouldBe(weights * (2 + 0.5 + (2.0 / 128)), 1);
        Bytes(widened, OperatorRole.QuantiseBackward).ShouldBe(weights * (2 + 0.5 + (2.0 / 128)), 1);
        Fill(shape with { HasFrozenWeights = false }).ShouldAllBe(static one => one.Work.Kind != OperatorKind.Dequantise);
        Fill(shape with { FrozenFormat = NumberFormat.Bf16 }).ShouldAllBe(static one => one.Work.Kind != OperatorKind.Dequantise);
    }

    [Fact]
    public void Every_layer_of_every_model_has_room_for_its_casts()
    {
        foreach (string name in ModelLoader.List(TestData.Root))
        {
            ModelArchitecture model = new ModelInputs().Apply(TestData.Load(name).Value!, null, out _).Value!;
            foreach (LayerDescription kind in model.LayerKinds)
                LayerOperators.Fill(model, kind, Shape(NumberFormat.Mxfp8, frozen: false), new LayerOperator[LayerOperators.Capacity]).ShouldBeGreaterThan(0, name);
        }
    }

    private static LayerOperator[] Casts(NumberFormat format, bool frozen) =>
        [.. Fill(Shape(format, frozen)).Where(static one => one.Role is OperatorRole.QuantiseForward or OperatorRole.QuantiseBackward)];

    private static double Bytes(LayerOperator[] all, OperatorRole role) => all.Where(one => one.Role == role).Sum(static one => one.Work.MemoryBytes);

    private static LayerOperator[] Fill(LayerShape shape)
    {
        LayerOperator[] into = new LayerOperator[LayerOperators.Capacity];
        return into[..LayerOperators.Fill(Llama, Llama.Layer(0), shape, into)];
    }

    private static LayerShape Shape(NumberFormat format, bool frozen) =>
        new(2, 4096, 1, 1, 1, 1, SequenceParallel: false, IsFused: true, frozen, format);
}
