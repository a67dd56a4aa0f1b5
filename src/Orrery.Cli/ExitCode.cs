namespace Orrery.Cli;

/// <summary>What a run says to the shell. Part of the contract: the numbers never change.</summary>
public static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>It ran, and the answer is no: does not fit, out of tolerance.</summary>
    public const int AnswerIsNo = 1;

    /// <summary>The input is wrong; diagnostics say where.</summary>
    public const int WrongInput = 2;

    /// <summary>A bug of ours; a report was written.</summary>
    public const int OurBug = 70;
}
