using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Models.Tests;

/// <summary>Operators of a layer do exactly the FLOP that the count by weights says, whichever way ranks share them.</summary>
public sealed class LayerOperatorsTests
{
    private static readonly string[] Names = ["llama-3.1-8b", "llama-2-70b", "gpt-3-175b", "qwen3-32b", "mistral-7b", "gemma-3-12b", "bert-large"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Forward_products_of_all_ranks_are_the_linear_flop_of_the_model(int tensorParallel)
    {
        foreach (string name in Names)
        {
            ModelArchitecture model = TestData.Load(name).Value!;
            double linear = 0;
            double attention = 0;
            foreach (byte kind in model.LayerOrder)
            {
                (double products, double scores) = Forward(model, model.LayerKinds[kind], tensorParallel);
                linear += products * tensorParallel;
                attention += scores * tensorParallel;
            }

            ModelFlops flops = ModelFlops.PerSequence(model, 4096);
            linear.ShouldBe(2 * flops.Linear, flops.Linear * 1e-9, name);

            // The diagonal is whole in operators and halved in the count: 1/S of the pairs.
            (attention / (2 * flops.Attention)).ShouldBe(1, 1.0 / 1000, name);
        }
    }

    [Theory]
    [InlineData("mixtral-8x22b")]
    [InlineData("qwen3-30b-a3b")]
    [InlineData("deepseek-v3")]
    public void Experts_do_the_flop_of_those_a_token_uses(string name)
    {
        ModelArchitecture model = TestData.Load(name).Value!;

        double products = model.LayerOrder.Sum(kind => Forward(model, model.LayerKinds[kind], 1).Products);

        // Rows of an expert are rounded up to whole tokens.
        (products / (2 * ModelFlops.PerSequence(model, 4096).Linear)).ShouldBe(1, 0.005);
    }

    [Fact]
    public void Backward_products_are_twice_the_forward_ones_unless_weights_are_frozen()
    {
        ModelArchitecture model = TestData.Load("llama-3.1-8b").Value!;

        Sum(model, frozen: false).Backward.ShouldBe(2 * Sum(model, frozen: false).Forward);
        Sum(model, frozen: true).Backward.ShouldBe(Sum(model, frozen: true).Forward);
    }

    private static (double Products, double Scores) Forward(ModelArchitecture model, LayerDescription layer, int tensorParallel)
    {
        LayerOperator[] into = new LayerOperator[LayerOperators.Capacity];
        int count = LayerOperators.Fill(model, layer, Shape(tensorParallel, frozen: false), into);
        double products = 0;
        double scores = 0;
        foreach (LayerOperator one in into.AsSpan(0, count))
        {
            products += one.Role == OperatorRole.Forward ? one.Work.FlopCount : 0;
            scores += one.Role == OperatorRole.AttentionForward ? one.Work.FlopCount : 0;
        }

        return (products, scores);
    }

    private static (double Forward, double Backward) Sum(ModelArchitecture model, bool frozen)
    {
        LayerOperator[] into = new LayerOperator[LayerOperators.Capacity];
        int count = LayerOperators.Fill(model, model.LayerKinds[0], Shape(1, frozen), into);
        double forward = 0;
        double backward = 0;
        foreach (LayerOperator one in into.AsSpan(0, count))
        {
            forward += one.Role == OperatorRole.Forward ? one.Work.FlopCount : 0;
            backward += one.Role is OperatorRole.InputGradient or OperatorRole.WeightGradient ? one.Work.FlopCount : 0;
        }

        return (forward, backward);
    }

    /// <summary>Two sequences of 4,096 tokens.</summary>
    private static LayerShape Shape(int tensorParallel, bool frozen) =>
        new(2, 4096, tensorParallel, 1, 1, 1, SequenceParallel: false, IsFused: true, frozen, NumberFormat.Bf16);
}
