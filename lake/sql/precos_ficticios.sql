-- title: Preços fictícios
-- Sessions whose quotes are this project's sample, at prices that were made up: their shares' names begin with FICT. No rows where all quotes are B3's. A session's quotes come from one file, so one share of it tells.
-- To stop at an earlier session, put its date in place of 9999-12-31; to begin later, the first session wanted in place of 1900-01-01.
SELECT data_pregao
FROM negociacao
WHERE inicial = 'P' AND codigo = 'PETR4' AND nome_resumido LIKE 'FICT %'
  AND data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
ORDER BY data_pregao DESC
LIMIT 1000
