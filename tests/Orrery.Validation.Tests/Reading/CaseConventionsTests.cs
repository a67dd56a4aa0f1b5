using System.Text;
using Orrery.Catalog;
using Orrery.Validation.Reading;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Reading;

public sealed class CaseConventionsTests
{
    private static readonly string Precisions = File.ReadAllText(RepositoryData.Validation("precisions.yaml"));
    private static readonly string Rules = File.ReadAllText(RepositoryData.Validation("conventions.yaml"));

    [Fact]
    public void The_tables_of_the_repository_are_read_without_a_diagnostic() =>
        CaseConventions.Load(RepositoryData.Root).Diagnostics.ShouldBeEmpty();

    [Fact]
    public void Words_that_mean_nothing_are_diagnostics_of_both_files_at_once()
    {
        Result<CaseConventions> result = CaseConventions.Parse(
            Precisions.Replace("products: nvfp4", "products: nvpf4", StringComparison.Ordinal),
            Rules.Replace("means: partial", "means: partal", StringComparison.Ordinal));

        result.IsSuccess.ShouldBeFalse();
        result.Diagnostics.ShouldContain(found => found.File == "precisions.yaml" && found.Message.Contains("did you mean 'nvfp4'?", StringComparison.Ordinal));
        result.Diagnostics.ShouldContain(found => found.File == "conventions.yaml" && found.Message.Contains("did you mean 'partial'?", StringComparison.Ordinal));
    }

    [Fact]
    public void A_word_explained_twice_is_a_diagnostic() =>
        CaseConventions.Parse(Precisions + "  - {printed: bf16, products: bf16, weights: bf16}\n", Rules).IsSuccess.ShouldBeFalse();

    [Fact]
    public void A_missing_folder_is_a_diagnostic() =>
        CaseConventions.Load("/no/such/folder").Diagnostics.Length.ShouldBe(2);

    [Fact]
    public void Mutated_tables_never_throw()
    {
        Random random = new(17);
        int accepted = 0;
        for (int round = 0; round < 400; round++)
        {
            StringBuilder text = new(Rules);
            for (int change = random.Next(1, 4); change > 0; change--)
                text[random.Next(text.Length)] = (char)random.Next(32, 127);
            Result<CaseConventions> result = CaseConventions.Parse(Precisions, text.ToString());
            accepted += result.IsSuccess ? 1 : 0;
            (result.IsSuccess || result.Diagnostics.Length > 0).ShouldBeTrue();
        }

        accepted.ShouldBeInRange(10, 390);
    }
}
