-- title: Totais por mês e por ano
-- What was traded in each member of the index by month and, where mes is empty, by year: value in R$, shares, sessions with a trade, first and last close. A renamed share is one series, under the ticker of today. Latest first.
-- To stop at an earlier session, put its date in place of 9999-12-31; to begin later, the first session wanted in place of 1900-01-01.
SELECT
  ano_do_pregao,
  mes,
  codigo_atual,
  CAST(sum(valor_total) AS decimal(24, 2)) AS valor_total,
  sum(qtd_titulos) AS qtd_titulos,
  count(preco_fechamento) AS pregoes,
  min_by(preco_fechamento, data_pregao) AS primeiro_fechamento,
  max_by(preco_fechamento, data_pregao) AS ultimo_fechamento
FROM (
  SELECT year(data_pregao) AS ano_do_pregao, month(data_pregao) AS mes, indice_membro.*
  FROM indice_membro
  WHERE indice = 'IBOV' AND valor_total IS NOT NULL AND data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
) AS dias
GROUP BY GROUPING SETS ((ano_do_pregao, mes, codigo_atual), (ano_do_pregao, codigo_atual))
ORDER BY ano_do_pregao DESC, mes DESC NULLS FIRST, valor_total DESC, codigo_atual
LIMIT 5000
