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

    /// <summary>Every folder of the catalogue, and the families that it has no folder of.</summary>
    public static TheoryData<string> Every() =>
        [.. ModelLoader.List(TestData.Root), .. PublishedConfigurations.All.Select(static entry => entry.Name)];

    [Theory]
    [MemberData(nameof(Every))]
    public void Products_of_one_rank_are_the_linear_flop_of_every_model(string name)
    {
        ModelArchitecture model = Model(name);
        double products = 0;
        double scores = 0;
        foreach (byte kind in model.LayerOrder)
        {
            (double linear, double attention) = Forward(model, model.LayerKinds[kind], 1);
            products += linear;
            scores += attention;
        }

        products += Sides(model, areAtEnd: false) + Sides(model, areAtEnd: true);
        ModelFlops flops = ModelFlops.PerSequence(model, 4096);

        // Rows of an expert are rounded up to whole tokens.
        (products / (2 * flops.Linear)).ShouldBe(1, 0.005);
        if (model.LayerKinds.All(static kind => kind.Attention.Kind != AttentionKind.Linear))
            (scores / (2 * flops.Attention)).ShouldBe(1, 0.01);
        else
            scores.ShouldBeGreaterThan(2 * flops.Attention * 0.999);
    }

    [Fact]
    public void Experts_do_the_flop_of_those_a_token_uses()
    {
        ModelArchitecture model = TestData.Load("deepseek-v3").Value!;
        LayerOperator[] into = Fill(model, model.Layer(60), Shape(1, frozen: false) with { ExpertParallel = 8 });

        LayerOperator up = into.First(static one => one.IsExpert && one.Role == OperatorRole.Forward);
        up.Work.Groups.ShouldBe(32);
        (up.Work.M, up.Work.N, up.Work.K).ShouldBe((8192 * 8 / 32, 2 * 2048, 7168));
    }

    [Fact]
    public void Products_of_experts_are_routed_and_no_others()
    {
        ModelArchitecture model = TestData.Load("deepseek-v3").Value!;
        LayerOperator[] all = Fill(model, model.Layer(60), Shape(1, frozen: false) with { ExpertParallel = 8 });

        all.Count(static one => one.Work.IsRouted).ShouldBe(6);
        all.Where(static one => one.Work.Kind == OperatorKind.Matmul).ShouldAllBe(static one => one.Work.IsRouted == one.IsExpert);
    }

    [Fact]
    public void Latent_attention_keeps_its_own_widths_of_keys_and_values()
    {
        ModelArchitecture model = TestData.Load("deepseek-v3").Value!;
        LayerOperator[] all = Fill(model, model.Layer(0), Shape(4, frozen: false));

        Operator fused = all.Single(static one => one.Role == OperatorRole.AttentionForward).Work;
        (fused.Heads, fused.KeyWidth, fused.ValueWidth, fused.HeadDim).ShouldBe((32, 192, 128, 160));
        fused.FlopCount.ShouldBe(2 * fused.AttendedPairs * 32 * (192 + 128));
        Operator gradient = all.Single(static one => one.Role == OperatorRole.AttentionBackward).Work;
        gradient.FlopCount.ShouldBe(2 * fused.AttendedPairs * 32 * ((3 * 192) + (2 * 128)));

        // Narrow vectors are whole on every rank, what widens them is shared by heads.
        (long Width, long Depth)[] products = [.. all.Where(static one => one.Role == OperatorRole.Forward).Take(5).Select(static one => (one.Work.N, one.Work.K))];
        products.ShouldBe([(1536, 7168), (32 * 192, 1536), (512 + 64, 7168), (32 * 256, 512), (7168, 32 * 128)]);

        LayerOperator[] unfused = Fill(model, model.Layer(0), Shape(4, frozen: false) with { IsFused = false });
        unfused.Where(static one => one.Role == OperatorRole.AttentionForward).Select(static one => (one.Work.N, one.Work.K)).ShouldBe([(4096L, 192L), (128L, 4096L)]);
    }

    [Fact]
    public void A_prediction_module_costs_a_layer_and_a_projection_to_the_vocabulary()
    {
        ModelArchitecture model = TestData.Load("deepseek-v3").Value!;
        ModelArchitecture trained = model.WithPredictionModules();
        const double Tokens = 2 * 4096;

        double extra = Forward(trained, trained.Layer(61), 1).Products - Forward(model, model.Layer(60), 1).Products;
        extra.ShouldBe(2 * Tokens * ((2.0 * 7168 * 7168) + (7168.0 * 129_280)));
        ModelFlops with = ModelFlops.PerSequence(trained, 4096);
        ModelFlops without = ModelFlops.PerSequence(model, 4096);
        with.Vocabulary.ShouldBe(2 * without.Vocabulary);
        (with.Attention / without.Attention).ShouldBe(62.0 / 61, 1e-12);
    }

    [Fact]
    public void Chunks_attend_within_themselves_and_the_rest_is_a_chunk_too()
    {
        ModelArchitecture model = TestData.Load("llama-4-maverick").Value!;
        LayerShape shape = Shape(1, frozen: false) with { Sequence = 20_000, MicroBatch = 3 };

        Operator[] parts = [.. Fill(model, model.Layer(0), shape).Where(static one => one.Role == OperatorRole.AttentionForward).Select(static one => one.Work)];
        parts.Select(static one => (one.Batch, one.QueryLength, one.KeyLength)).ShouldBe([(6, 8192, 8192), (3, 3616, 3616)]);
        double useful = 3 * LayerFlops.Attention(model.Layer(0), 20_000, AttentionCounting.Once);
        (parts.Sum(static one => one.FlopCount) / useful).ShouldBe(1, 0.001);
        Fill(model, model.Layer(3), shape).Count(static one => one.Role == OperatorRole.AttentionForward).ShouldBe(1);
    }

    [Theory]
    [InlineData("llama-3.1-8b", 0)]
    [InlineData("gpt-oss-20b", 0)]
    [InlineData("llama-4-scout", 0)]
    public void Context_parallel_ranks_share_the_pairs_evenly(string name, int depth)
    {
        ModelArchitecture model = TestData.Load(name).Value!;
        LayerShape shape = Shape(1, frozen: false) with { Sequence = 32_768 };

        double whole = Scores(Fill(model, model.Layer(depth), shape));
        double share = Scores(Fill(model, model.Layer(depth), shape with { ContextParallel = 8 }));

        (8 * share / whole).ShouldBe(1, 0.01);
    }

    [Fact]
    public void Images_cost_their_tower_and_none_cost_nothing()
    {
        ModelArchitecture one = Model("gemma-3-4b-it");

        LayerOperator[] tower = Fill(one, one.Layer(0), Shape(1, frozen: false));
        tower[0].Work.M.ShouldBe(2 * 4096);
        tower[0].Work.K.ShouldBe(1152);
        tower.Single(static entry => entry.Role == OperatorRole.AttentionForward).Work.Batch.ShouldBe(2);
        Fill(one.WithImages(3), one.WithImages(3).Layer(0), Shape(1, frozen: false))[0].Work.M.ShouldBe(6 * 4096);
        Fill(one.WithImages(0), one.WithImages(0).Layer(0), Shape(1, frozen: false)).ShouldBeEmpty();
        double text = ModelFlops.PerSequence(one.WithImages(0), 4096).Training;
        double with = ModelFlops.PerSequence(one, 4096).Training;
        ModelFlops.PerSequence(one.WithImages(3), 4096).Training.ShouldBe((3 * with) - (2 * text), with * 1e-12);
        one.WithLayers(2).Layers.ShouldBe(27 + 2);
    }

    [Fact]
    public void An_encoder_reads_its_own_text_and_every_decoder_layer_projects_it()
    {
        ModelArchitecture model = Model("t5-base").WithEncoderTokens(512);
        ModelFlops flops = ModelFlops.PerSequence(model, 128);

        const double Weights = 768.0 * 768;
        double encoder = 12 * 512 * ((4 * Weights) + (2 * 768.0 * 3072));
        double decoder = 12 * ((128 * ((6 * Weights) + (2 * 768.0 * 3072))) + (512 * 2 * Weights));
        flops.Linear.ShouldBe(2 * (encoder + decoder), 1);
        flops.Attention.ShouldBe(12 * 4.0 * 768 * ((512.0 * 512) + (128.0 * 128 / 2) + (128.0 * 512)), 1);
        LayerOperator[] last = Fill(model, model.Layer(23), Shape(1, frozen: false) with { Sequence = 128 });
        last.Where(static one => one.Role == OperatorRole.AttentionForward).Select(static one => (one.Work.QueryLength, one.Work.KeyLength, one.Work.Causal))
            .ShouldBe([(128, 128, true), (128, 512, false)]);
    }

    [Fact]
    public void The_published_forward_pass_of_dit_is_118_gigaflop() =>
        // arXiv:2212.09748 table 1 counts a multiply and an add as one.
        (ModelFlops.PerSequence(TestData.Load("dit-xl-2").Value!, 256).Forward / 2e9).ShouldBe(118.64, 1.0);

    [Fact]
    public void States_of_linear_attention_cost_the_same_for_a_token_of_any_sequence()
    {
        ModelArchitecture model = Model("nemotron-h-56b");
        LayerDescription mamba = model.Layer(0);

        double shorter = Scores(Fill(model, mamba, Shape(1, frozen: false)));
        double longer = Scores(Fill(model, mamba, Shape(1, frozen: false) with { Sequence = 16_384 }));

        longer.ShouldBe(4 * shorter);
        // Chunks of 128 tokens, 256 heads of 64 values, 8 groups of 256 numbers of state.
        double perToken = 2.0 * ((8 * 128 * 256) + (256 * 128 * 64) + (2 * 256 * 256 * 64));
        shorter.ShouldBe(2 * 4096 * perToken);

        // Decays: a difference, an exponential and a product for each pair of a chunk and head.
        Fill(model, mamba, Shape(1, frozen: false)).Single(static one => one.Role == OperatorRole.AttentionForward && one.Work.Kind == OperatorKind.Elementwise)
            .Work.VectorElements.ShouldBe(2 * 4096 * 3.0 * 128 * 256);
    }

    [Fact]
    public void Filling_every_kind_allocates_nothing()
    {
        LayerOperator[] into = new LayerOperator[LayerOperators.Capacity];
        ModelArchitecture[] models = [Model("deepseek-v3"), Model("nemotron-3-super-120b-a12b"), Model("wan2.1-t2v-14b"), Model("llama-4-scout")];
        LayerShape shape = Shape(1, frozen: false) with { Sequence = 20_000 };
        long before = 0;
        for (int round = 0; round < 2; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            foreach (ModelArchitecture model in models)
            {
                foreach (LayerDescription kind in model.LayerKinds)
                    LayerOperators.Fill(model, kind, shape, into);
            }
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Backward_products_are_twice_the_forward_ones_unless_weights_are_frozen()
    {
        ModelArchitecture model = TestData.Load("llama-3.1-8b").Value!;

        Sum(model, frozen: false).Backward.ShouldBe(2 * Sum(model, frozen: false).Forward);
        Sum(model, frozen: true).Backward.ShouldBe(Sum(model, frozen: true).Forward);
    }

    private static ModelArchitecture Model(string name) => TestData.Load(name).Value ?? PublishedConfigurations.Load(name);

    private static LayerOperator[] Fill(ModelArchitecture model, LayerDescription layer, LayerShape shape)
    {
        LayerOperator[] into = new LayerOperator[LayerOperators.Capacity];
        return into[..LayerOperators.Fill(model, layer, shape, into)];
    }

    private static double Scores(LayerOperator[] all) => all.Where(static one => one.Role == OperatorRole.AttentionForward && one.Work.Kind != OperatorKind.Elementwise).Sum(static one => one.Work.FlopCount);

    private static double Sides(ModelArchitecture model, bool areAtEnd)
    {
        LayerOperator[] into = new LayerOperator[LayerOperators.Capacity];
        int count = LayerOperators.FillSides(model, areAtEnd, Shape(1, frozen: false), into);
        return into[..count].Where(static one => one.Role == OperatorRole.Forward).Sum(static one => one.Work.FlopCount);
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
            scores += one.Role == OperatorRole.AttentionForward && one.Work.Kind != OperatorKind.Elementwise ? one.Work.FlopCount : 0;
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
